// Runs before the first paint: puts the person's own choices on <html>, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const read = (key, allowed) => {
    try {
      const value = localStorage.getItem(key);
      return allowed.includes(value) ? value : null;
    } catch {
      return null;
    }
  };
  const theme = read("atiende.theme", ["light", "dark"]);
  const density = read("atiende.density", ["compact", "comfortable"]);
  const lang = read("atiende.lang", ["es", "en"]);
  if (theme) root.dataset.theme = theme;
  if (density) root.dataset.density = density;
  if (lang) root.lang = lang;
})();
