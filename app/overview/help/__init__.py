"""The help pages: the guides in docs/ that are for people who sign in and for their admins."""
