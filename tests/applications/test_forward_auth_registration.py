"""Only operators register applications behind forward-auth: by a command or the companies file."""
