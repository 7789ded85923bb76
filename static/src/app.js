// Progressive enhancements. Pages work without them, except where they say so.
import "./scripts/again.js";
import "./scripts/branding.js";
import "./scripts/busy.js";
import "./scripts/copy.js";
import "./scripts/entered_values.js";
import "./scripts/login_page_settings.js";
import "./scripts/passkey.js";
import "./scripts/password.js";
import "./scripts/people.js";
import "./scripts/progress.js";
import "./scripts/remember.js";
import "./scripts/single_page_late.js";
import "./scripts/test_steps.js";
import "./scripts/times.js";
