"""A project in which hardly anything is Django's own: its users, their keys, its flags, its site."""
