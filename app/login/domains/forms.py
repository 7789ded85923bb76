"""Forms for a company's domains."""

from wtforms import BooleanField, Field, StringField, ValidationError

from app.companies.domains.names import InvalidDomain, parse_domain
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, YesField

LONGEST_TYPED = 300


class DomainForm(Form):
    name = StringField(_l("Domain"), filters=[lambda text: (text or "").strip()[:LONGEST_TYPED]])
    a_form = ""
    """What is stored, once the form is valid."""

    def validate_name(self, field: Field) -> None:
        try:
            self.a_form = parse_domain(field.data)
        except InvalidDomain as error:
            raise ValidationError(str(error)) from None


class DomainSettingsForm(Form):
    includes_subdomains = BooleanField(_l("Include all subdomains"))
    microsoft_only = BooleanField(_l("People of this domain sign in with Microsoft only"))


class GiveUpForm(Form):
    confirmed = YesField()
