// Shows the sandbox's posts as three timelines and keeps them up to date.
// Whatever was posted goes into the page as text nodes: no markup of a post is ever read as markup.

// Each text in English and in Turkish.
const TEXTS = {
  title: ["Sandbox timelines", "Deneme zaman akışları"],
  about: ["Stand-ins for the platforms: nothing here leaves this machine.",
    "Platformların yerine geçer: buradaki hiçbir şey bu bilgisayardan çıkmaz."],
  skip: ["Skip to the timelines", "Zaman akışlarına geç"],
  accounts: ["Accounts", "Hesaplar"], platforms: ["Platforms", "Platformlar"], all: ["All", "Tümü"],
  empty: ["Nothing has been posted here yet", "Burada henüz bir gönderi yok"],
  live: ["Live", "Canlı"], lost: ["Connection lost – trying again", "Bağlantı koptu – yeniden deneniyor"],
  arrivedOne: ["1 new post on {platform}", "{platform}: 1 yeni gönderi"],
  arrivedMany: ["{count} new posts on {platform}", "{platform}: {count} yeni gönderi"],
  freshOne: ["1 new post", "1 yeni gönderi"], freshMany: ["{count} new posts", "{count} yeni gönderi"],
  deleted: ["deleted", "silindi"], more: ["… more", "… devamı"], less: ["less", "daha az"],
  altLabel: ["ALT: description of the picture", "ALT: görselin açıklaması"],
  undescribed: ["Picture without a description", "Açıklaması olmayan görsel"],
};
const PLATFORMS = { twitter: "X", facebook: "Facebook", instagram: "Instagram" };
const LANGUAGES = { izmirbld: "tr", izmirenglish: "en" };
const POLL_MS = 1000, HIDDEN_POLL_MS = 15000, TIMEOUT_MS = 5000, HIGHLIGHT_MS = 4000, TIMES_MS = 10000;
const FOLD_PX = 70; // less text than this, three lines, is not worth a button

const language = navigator.language.toLowerCase().startsWith("tr") ? "tr" : "en";
const ago = new Intl.RelativeTimeFormat(language, { style: "short", numeric: "auto" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "medium" });
// As wide in style.css: there each column scrolls by itself; below, one column is shown and the window scrolls.
const wide = matchMedia("(min-width: 62rem) and (min-height: 30rem)");

const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];
const say = (key, values) => TEXTS[key][language === "tr" ? 1 : 0].replace(/\{(\w+)\}/g, (_, name) => values[name]);
const sayCount = (key, count, platform) => say(count === 1 ? `${key}One` : `${key}Many`, { count, platform });

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter(Boolean));
  return element;
}

/** Make a button that opens and closes `target`; `onTurn` hears which it was. */
function makeSwitch(className, target, onTurn) {
  const button = make("button", { type: "button", className, lang: language, id: `${target.id}-switch` });
  button.setAttribute("aria-controls", target.id);
  const turn = (open) => { button.setAttribute("aria-expanded", open); onTurn(open, button); };
  button.addEventListener("click", () => turn(button.getAttribute("aria-expanded") !== "true"));
  turn(false);
  return button;
}
// ---- one post ----
const makeLink = (url, className, ...content) =>
  make("a", { href: url, target: "_blank", rel: "noreferrer", className }, ...content);

/** Split a text into text, links and tags; a link ends before the sentence's own punctuation. */
function markUp(text, { linked }) {
  const parts = [], pattern = /(https?:\/\/\S*[^\s.,;:!?)\]}'"’”»])|(?<![\p{L}\p{N}_&/])([#@][\p{L}\p{N}_]+)/gu;
  let end = 0;
  for (const { 0: whole, 1: url, index } of text.matchAll(pattern)) {
    if (url && !linked) continue;
    parts.push(text.slice(end, index), url ? makeLink(url, "link", url) : make("span", { className: "tag" }, whole));
    end = index + whole.length;
  }
  return [...parts, text.slice(end)];
}

function makeText(post, id) {
  // Instagram's captions have no links: an address there is only text.
  const isInstagram = post.platform === "instagram", content = markUp(post.text, { linked: !isInstagram });
  const text = make("p", { className: "text", id: `${id}-text`, dir: "auto" },
    ...(isInstagram ? [make("b", {}, post.handle), " "] : []),
    ...(post.deleted ? [make("del", {}, ...content)] : content));
  const more = makeSwitch("more", text, (open, button) => {
    text.classList.toggle("whole", open);
    button.textContent = say(open ? "less" : "more");
  });
  more.hidden = true;
  // Only what is laid out can be measured, and a column that is not shown is laid out later.
  new ResizeObserver(() => {
    const folded = text.scrollHeight - text.clientHeight;
    if (!text.classList.contains("whole")) more.hidden = folded < FOLD_PX;
    if (folded > 0 && folded < FOLD_PX) text.classList.add("whole");
  }).observe(text);
  // A link that gets the keyboard's focus must not stay in the folded part.
  text.addEventListener("focusin", () => { if (!more.hidden && !text.classList.contains("whole")) more.click(); });
  return make("div", { className: "words" }, text, more);
}

function makePicture({ sha256, width, height, alt }, id) {
  const picture = make("img", { src: `/_sandbox/pictures/${sha256}`, width, height, alt: alt || say("undescribed") });
  const figure = make("figure", {}, make("div", { className: "frame" }, picture));
  figure.style.setProperty("--ratio", width / height);
  if (!alt) { picture.lang = language; return figure; }
  const description = make("figcaption", { id, className: "description", dir: "auto" }, alt);
  const button = makeSwitch("alt", description, (open) => { description.hidden = !open; });
  picture.after(Object.assign(button, { textContent: "ALT", ariaLabel: say("altLabel") }));
  figure.append(description);
  return figure;
}

function makeLinkCard({ platform, link, images }) {
  if (platform === "instagram" || !link || images.length || !URL.canParse(link)) return null;
  const { hostname, pathname } = new URL(link);
  return makeLink(link, "card", make("span", { className: "host" }, hostname), make("b", {}, pathname));
}

function makePost(post, name) {
  const id = idOf(post), isInstagram = post.platform === "instagram";
  const title = isInstagram ? post.handle : name;
  const second = make("span", { className: "second" }, isInstagram ? name : `@${post.handle}`);
  const avatar = make("span", { className: "avatar", ariaHidden: "true" }, [...name][0]);
  const byline = make("header", { className: "byline" }, avatar, make("h3", { id: `${id}-by` }, title), second,
    make("time", { dateTime: post.created_at, title: exact.format(new Date(post.created_at)), lang: language }),
    post.deleted && make("span", { className: "deleted", lang: language }, say("deleted")));
  const pictures = make("div", { className: post.images.length > 1 ? "pictures many" : "pictures" },
    ...post.images.map((image, number) => makePicture(image, `${id}-alt-${number}`)));
  const text = makeText(post, id), parts = isInstagram ? [pictures, text] : [text, pictures, makeLinkCard(post)];
  const article = make("article", { lang: LANGUAGES[post.handle] ?? "" }, byline, ...parts);
  article.setAttribute("aria-labelledby", `${id}-by`);
  const item = make("li", { className: post.deleted ? "post gone" : "post", id }, article);
  item.dataset.handle = post.handle;
  showTimes(item);
  return item;
}

function showTimes(within = document) {
  for (const time of findAll("time", within)) {
    // A clock that is a little ahead must not show a post from the future.
    const seconds = Math.max(0, (Date.now() - Date.parse(time.dateTime)) / 1000);
    const [unit, length] = [["day", 86400], ["hour", 3600], ["minute", 60]].find(([, each]) => seconds >= each)
      ?? ["second", seconds < 10 ? Infinity : 1];
    time.textContent = ago.format(-Math.floor(seconds / length), unit);
  }
}
// ---- the timelines ----
const main = find("main");
const columns = findAll(".column").map((element) => ({ element, list: find(".posts", element), fresh: 0, scrolled: 0,
  platform: element.dataset.platform, tab: find(`.tabs [data-platform=${element.dataset.platform}]`) }));
const sources = new WeakMap(); // by list item: its post as JSON
let accounts = null, chosen = "", isFirst = true;

const idOf = (post) => `${post.platform}-${post.id}`;
const isChosen = (item) => !chosen || item.dataset.handle === chosen;
const isShown = (column) => wide.matches || main.dataset.shown === column.platform;
const scrollerOf = (column) => (wide.matches ? column.element : document.scrollingElement);

/** Change a column without moving what is being read in it. */
function holdPlace(column, change) {
  const { element, list } = column, scroller = scrollerOf(column);
  const edge = (wide.matches ? find("h2", element) : find(".tabs")).getBoundingClientRect().bottom;
  const isReading = scroller.scrollTop > 0 || list.matches(":focus-within") || find("[aria-expanded=true]", list);
  const anchor = isShown(column) && isReading
    && [...list.children].find((item) => !item.hidden && item.getBoundingClientRect().bottom > edge)?.id;
  const topOf = () => document.getElementById(anchor)?.getBoundingClientRect().top;
  const before = topOf(), arrived = change(), after = topOf();
  if (after === undefined) return;
  const goal = scroller.scrollTop + after - before;
  scroller.scrollTop = goal;
  const missing = goal - scroller.scrollTop; // where too little stands below to scroll that far
  if (missing > 1) list.style.paddingBottom = `${parseFloat(list.style.paddingBottom || 0) + missing}px`;
  scroller.scrollTop = goal;
  column.fresh += arrived;
}

/** Bring a column up to date, newest post first; give the number of new ones that are to be seen. */
function place({ platform, list }, posts) {
  const wanted = posts.filter((post) => post.platform === platform).reverse(), ids = new Set(wanted.map(idOf));
  for (const item of [...list.children].filter((each) => !ids.has(each.id))) item.remove();
  let arrived = 0;
  for (const [number, post] of wanted.entries()) {
    const old = document.getElementById(idOf(post)), source = JSON.stringify(post);
    if (old && sources.get(old) === source) continue;
    const item = makePost(post, accounts.find((each) => each.platform === platform && each.id === post.account).name);
    item.hidden = !isChosen(item);
    sources.set(item, source);
    if (old) replace(old, item);
    else list.insertBefore(item, list.children[number] ?? null);
    if (old || isFirst) continue;
    arrived += item.hidden ? 0 : 1;
    item.classList.add("new");
    setTimeout(() => item.classList.remove("new"), HIGHLIGHT_MS);
  }
  return arrived;
}

/** Put a changed post in the place of its old self, as open and as focused as that was. */
function replace(old, item) {
  const open = findAll("[aria-expanded=true]", old).map((each) => each.id);
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceWith(item);
  for (const id of open) document.getElementById(id)?.click();
  document.getElementById(focused)?.focus({ preventScroll: true });
}

function update(posts) {
  const news = [];
  for (const column of columns) {
    holdPlace(column, () => {
      const arrived = place(column, posts);
      if (arrived) news.push(sayCount("arrived", arrived, PLATFORMS[column.platform]));
      if (arrived && !isShown(column)) column.tab.classList.add("unread");
      return arrived;
    });
  }
  isFirst = false;
  if (news.length) find("#announcer").replaceChildren(make("p", {}, news.join(", ")));
  sift();
}

/** Show the posts of the chosen account only, and count them. */
function sift() {
  for (const column of columns) {
    const items = [...column.list.children], count = items.filter(isChosen).length;
    for (const item of items) item.hidden = !isChosen(item);
    for (const each of [column.element, column.tab]) find(".count", each).textContent = count;
    find(".empty", column.element).hidden = count > 0;
    showFresh(column);
  }
}

function showFresh(column) {
  if (isShown(column) && scrollerOf(column).scrollTop < 8) { column.fresh = 0; column.list.style.paddingBottom = ""; }
  const button = find(".fresh", column.element);
  button.hidden = column.fresh === 0;
  button.textContent = `↑ ${sayCount("fresh", column.fresh)}`;
}

function goToTop(column) {
  scrollerOf(column).scrollTop = 0;
  find("h2", column.element).focus({ preventScroll: true }); // the button goes, the focus must not
}
// ---- accounts, platforms, window ----
function readHash() {
  const asked = new URLSearchParams(location.hash.slice(1)).get("account");
  chosen = accounts?.some((each) => each.handle === asked) ? asked : "";
  for (const each of findAll(".filter button")) each.setAttribute("aria-pressed", each.dataset.handle === chosen);
  sift();
}

function makeFilter() {
  const handles = ["", ...new Set(accounts.map((each) => each.handle))];
  find(".filter").replaceChildren(...handles.map((handle) => {
    const button = make("button", { type: "button" }, handle ? `@${handle}` : say("all"));
    button.dataset.handle = handle;
    button.addEventListener("click", () => { location.hash = handle && `account=${handle}`; });
    return button;
  }));
}

function showPlatform(column) {
  columns.find(isShown).scrolled = document.scrollingElement.scrollTop;
  main.dataset.shown = column.platform;
  for (const each of columns) each.tab.setAttribute("aria-pressed", each === column);
  column.tab.classList.remove("unread");
  document.scrollingElement.scrollTop = column.scrolled;
}

// A region that scrolls needs the keyboard's focus; one that does not would only be a stop on the way.
const fitWindow = () => columns.forEach(({ element }) => { element.tabIndex = wide.matches ? 0 : -1; });
// ---- the connection ----
let etag = "", timer = 0, isAsking = false;
async function ask(address, tag = "") {
  const headers = tag ? { "If-None-Match": tag } : {};
  const answer = await fetch(address, { headers, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok && answer.status !== 304) throw new Error(`${address}: ${answer.status}`);
  return { tag: answer.headers.get("etag"), ...(answer.ok ? await answer.json() : {}) };
}

async function poll() {
  if (isAsking) return;
  clearTimeout(timer);
  isAsking = true;
  const authors = accounts ? {} : await ask("/page/accounts.json").catch(() => null);
  const news = authors && await ask("/_sandbox/posts", etag).catch(() => null);
  isAsking = false;
  timer = setTimeout(poll, document.hidden ? HIDDEN_POLL_MS : POLL_MS);
  const state = news ? "live" : "lost", status = find(".status"); // written when it changes only: it is read out
  if (status.dataset.state !== state) Object.assign(status, { textContent: say(state) }).dataset.state = state;
  if (news && !accounts) { ({ accounts } = authors); makeFilter(); readHash(); }
  if (news?.posts) { etag = news.tag; update(news.posts); }
}

document.documentElement.lang = language;
document.title = say("title");
for (const each of findAll("[data-text]")) each.textContent = say(each.dataset.text);
for (const each of findAll("[data-label]")) each.setAttribute("aria-label", say(each.dataset.label));
for (const column of columns) {
  column.tab.addEventListener("click", () => showPlatform(column));
  find(".fresh", column.element).addEventListener("click", () => goToTop(column));
}
// The hash stays the filter's.
find(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
document.addEventListener("scroll", () => columns.forEach(showFresh), { capture: true, passive: true }); // columns' too
addEventListener("hashchange", readHash);
wide.addEventListener("change", fitWindow);
document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
setInterval(showTimes, TIMES_MS);
fitWindow();
poll();
