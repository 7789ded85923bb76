"""What can be wrong with what arrives."""


class SignInFailed(Exception):
    """Portico refused, or its response isn't valid. The text may be shown."""


class InvalidToken(Exception):
    """It isn't from Portico, isn't for this application, has expired, or is of another kind."""
