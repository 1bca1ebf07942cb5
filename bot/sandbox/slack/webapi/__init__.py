"""The Web API at `/api/{method}`: one file per family of methods."""
