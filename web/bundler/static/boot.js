import init from "./{app}.js";

const words = {
  es: "No se pudo abrir Atiende. Recargue la página o use una versión reciente de su navegador.",
  en: "Atiende could not start. Reload the page or use a recent version of your browser.",
};

try {
  await init({ module_or_path: new URL("./{app}_bg.wasm", import.meta.url) });
} catch (error) {
  console.error(error);
  const boot = document.querySelector("#app > .boot");
  if (boot) {
    boot.setAttribute("role", "alert");
    boot.textContent = words[document.documentElement.lang] ?? words.es;
  }
}
