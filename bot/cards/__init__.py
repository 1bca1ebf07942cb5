"""Cards: state in, Block Kit out. A card is never edited; it is drawn again."""
