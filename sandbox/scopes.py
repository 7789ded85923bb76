"""The known scopes: OpenID Connect's, the few of Graph that sign-in uses, and Dataverse's.

Graph's: https://learn.microsoft.com/graph/permissions-reference.
"""

from dataclasses import dataclass

from sandbox.aadsts import Refused

GRAPH = "https://graph.microsoft.com"
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
GRAPH_IDS = (GRAPH, GRAPH_APP_ID, "https://graph.microsoft.us", "https://microsoftgraph.chinacloudapi.cn")
DEFAULT = ".default"


@dataclass(frozen=True)
class Scope:
    """A permission with the consent page's text. `admin`: only an administrator can consent to it."""

    name: str
    title: str
    explanation: str
    admin: bool = False


OPENID = (
    Scope("openid", "Sign you in", "The app can identify you when you sign in."),
    Scope("profile", "View your basic profile", "The app can see your name and an identifier of your account."),
    Scope("email", "View your email address", "The app can see your primary email address."),
    Scope(
        "offline_access",
        "Maintain access to data you have given it access to",
        "The app can see and update what you gave it access to, even when you are not using it.",
    ),
)
GRAPH_SCOPES = (
    Scope("User.Read", "Sign you in and read your profile", "The app can read your profile, title and photo."),
    Scope("User.ReadBasic.All", "Read everyone's basic profile", "Names, email addresses and photos of coworkers."),
    Scope("User.Read.All", "Read everyone's full profile", "All properties of everyone in the directory.", admin=True),
    Scope("GroupMember.Read.All", "Read group memberships", "Groups and their members.", admin=True),
    Scope("Group.Read.All", "Read all groups", "Groups, their properties and their members.", admin=True),
    Scope("Directory.Read.All", "Read directory data", "Everything in the directory.", admin=True),
)
USER_IMPERSONATION = Scope(
    "user_impersonation", "Access Dynamics 365 as you", "The app can do in Dynamics 365 what you can do there."
)
SCOPES = {scope.name.lower(): scope for scope in (*OPENID, *GRAPH_SCOPES, USER_IMPERSONATION)}
GRAPH_NAMES = frozenset(scope.name.lower() for scope in GRAPH_SCOPES)
OPENID_NAMES = frozenset(scope.name for scope in OPENID)


def parse(text: str, environment: str) -> tuple[str, ...]:
    """The scopes of a request, normalized and without prefix; `.default` is expanded.

    `environment` is the Application ID URI of Dataverse, and the origin of the sandbox's Graph. Raises Refused:
    AADSTS900144 without any, 500011 for another resource, 70011 for an unknown permission, 28000 for permissions of two
    resources at once.
    """
    names: list[str] = []
    resources: set[str] = set()
    for requested in text.split():
        resource, _, name = requested.rpartition("/")
        resource = resource.rstrip("/")
        if resource and resource != environment and resource not in GRAPH_IDS:
            raise Refused(500011, resource=resource)
        if name == DEFAULT:
            name = USER_IMPERSONATION.name if resource == environment else "User.Read"
        if name.lower() in GRAPH_NAMES and resource == environment:
            resource = GRAPH
        if name.lower() not in SCOPES or (name == USER_IMPERSONATION.name) != (resource == environment):
            raise Refused(70011, scope=requested)
        if name not in OPENID_NAMES:
            resources.add(environment if resource == environment else GRAPH)
        names.append(SCOPES[name.lower()].name)
    if len(resources) > 1:
        raise Refused(28000, scope=text)
    if not names:
        raise Refused(900144, parameter="scope")
    return tuple(dict.fromkeys(names))


def granted(scopes: tuple[str, ...]) -> str:
    """The `scope` of a token response: the access token's scopes; offline_access is never listed."""
    return " ".join(scope for scope in scopes if scope != "offline_access")


def needs_admin(scopes: tuple[str, ...]) -> bool:
    """Whether any of them needs admin consent."""
    return any(SCOPES[scope.lower()].admin for scope in scopes)
