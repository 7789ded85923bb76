// response_mode=form_post: the answer posts itself, as Entra ID's does. Without scripts the page's button does it.
document.forms[0].submit();
