// What belongs to the browser tab: the session token, the language, light or dark.
Object.assign(window.OB, (() => {
  const store = (area, key, value) => {
    try {
      if (value !== undefined) area.setItem(key, value);
      return area.getItem(key);
    } catch {
      return value ?? null; // storage forbidden: the page works, it only forgets
    }
  };

  function token() {
    const known = store(sessionStorage, "ob-token");
    if (known && /^[0-9a-f]{32}$/.test(known)) return known;
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const fresh = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
    store(sessionStorage, "ob-token", fresh);
    return fresh;
  }

  function language() {
    const known = store(localStorage, "ob-lang");
    if (known === "en" || known === "ja") return known;
    return (navigator.language || "en").toLowerCase().startsWith("ja") ? "ja" : "en";
  }

  // Switches Gradio's own labels in place; `changeLocale` is what its Settings page calls.
  async function setLang(lang) {
    const choice = lang === "ja" ? "ja" : "en";
    store(localStorage, "ob-lang", choice);
    document.documentElement.lang = choice;
    const core = performance.getEntriesByType("resource").map((r) => r.name)
      .find((name) => /\/assets\/core-[^/]*\.js/.test(name));
    if (core) await (await import(core)).changeLocale(choice);
    return choice;
  }

  function paintTheme(dark) {
    document.body.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
  }
  function toggleTheme() {
    const dark = !document.body.classList.contains("dark");
    store(localStorage, "ob-theme", dark ? "dark" : "light");
    paintTheme(dark);
  }

  // Gradio's folds say only by a class whether they are open; screen readers are told as well.
  function tellFolds() {
    const tell = (button) => button.setAttribute("aria-expanded", String(button.classList.contains("open")));
    const told = new MutationObserver((changes) => changes.forEach((change) => tell(change.target)));
    document.querySelectorAll(".gr-accordion > button.label-wrap").forEach((button) => {
      tell(button);
      told.observe(button, { attributeFilter: ["class"] });
    });
  }

  // A number box that is left empty or with a number out of its range takes back the last one that
  // could be taken. Gradio would put the nearest number there, and tell nobody.
  function keepNumbers() {
    const last = new WeakMap();
    const isNumber = (box) => box instanceof HTMLInputElement && box.type === "number";
    const fits = ({ value, step, validity }) => value !== "" && !validity.rangeUnderflow
      && !validity.rangeOverflow && (step !== "1" || Number.isInteger(Number(value)));
    const remember = ({ target }) => {
      if (isNumber(target) && fits(target)) last.set(target, target.value);
    };
    const restore = ({ target }) => {
      if (!isNumber(target) || fits(target) || !last.has(target)) return;
      target.value = last.get(target);
      target.dispatchEvent(new Event("input", { bubbles: true }));
    };
    for (const name of ["focusin", "beforeinput"]) document.addEventListener(name, remember, true);
    for (const name of ["change", "blur"]) document.addEventListener(name, restore, true); // before Gradio's
  }

  // An upload box is called what it shows: its own label is in the language it was mounted in.
  function nameUploads() {
    document.addEventListener("focusin", ({ target }) => {
      const box = target.closest?.(".ob-upload .upload-container");
      const text = box?.querySelector('[data-testid="upload-text"]');
      if (text) box.setAttribute("aria-label", JSON.parse(getComputedStyle(text, "::after").content));
    }, true);
  }

  // Open a fold and go there.
  function goTo(place) {
    const button = document.querySelector(`#${place} > button.label-wrap`);
    if (!button.classList.contains("open")) button.click();
    requestAnimationFrame(() => {
      button.focus({ preventScroll: true });
      button.scrollIntoView();
    });
  }

  // For demo.load(js=...): returns [token, language].
  async function boot() {
    const theme = store(localStorage, "ob-theme");
    if (theme) paintTheme(theme === "dark");
    const lang = await setLang(language());
    tellFolds();
    keepNumbers();
    nameUploads();
    return [token(), lang];
  }

  return { boot, language, setLang, toggleTheme, goTo };
})());
