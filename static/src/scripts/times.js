// <time datetime="…" data-relative>: "2 hours ago" within a week, with the reader's own clock on hover.
const units = [
  ["minute", 60],
  ["hour", 3600],
  ["day", 86400],
];
const relative = new Intl.RelativeTimeFormat("en");
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

const say = (moment) => {
  const seconds = (moment - Date.now()) / 1000;
  if (Math.abs(seconds) < 60) return "just now";
  if (Math.abs(seconds) > 7 * 86400) return day.format(moment);
  const [unit, length] = units.findLast(([, length]) => Math.abs(seconds) >= length);
  return relative.format(Math.trunc(seconds / length), unit);
};

for (const time of document.querySelectorAll("time[data-relative]")) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.valueOf())) continue;
  time.textContent = say(moment);
  time.title = exact.format(moment);
}
