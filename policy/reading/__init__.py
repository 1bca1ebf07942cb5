"""Read a playbook's TOML into the model, naming the file and the line of every fault."""
