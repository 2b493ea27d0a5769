"""Kajabi's export comes in: read strictly, copied whole or not at all."""
