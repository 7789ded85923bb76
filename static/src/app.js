// What pages gain where JavaScript runs. Every page does its work without it.
import "./scripts/busy.js";
import "./scripts/copy.js";
import "./scripts/password.js";
import "./scripts/times.js";
