// Reads from the server for a signed-in page. The request names the page's session: if another one is active by now, as
// after switching to another company in another tab, the answer says so and is shown, and the page reads nothing more.
const page = document.querySelector("[data-session]");
let isOver = false;

// Returns the answer, or null if there is none. Never returns once the page's session isn't the active one.
export async function sessionFetch(url) {
  if (isOver) return new Promise(() => {});
  const answer = await fetch(url, { headers: { "X-Session": page.dataset.session } }).catch(() => null);
  if (answer?.status !== 403) return answer;
  const said = await answer.json().catch(() => ({}));
  if (!said.person) return answer;
  isOver = true;
  show(said.person);
  return new Promise(() => {});
}

function show(text) {
  const box = document.createElement("div");
  box.className = "alert alert-warning";
  box.setAttribute("role", "alert");
  box.append(Object.assign(document.createElement("p"), { textContent: text }));
  document.getElementById("main").prepend(box);
}
