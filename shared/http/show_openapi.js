// Shows this service's OpenAPI document; a file of its own so that the page needs no inline script.
"use strict";

const place = document.getElementById("openapi");

// The bundled Swagger UI reads OpenAPI 3.0 only; 3.1 differs, in what our documents use, by how null is written.
function asVersion30(node) {
  if (Array.isArray(node)) return node.map(asVersion30);
  if (node === null || typeof node !== "object") return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, asVersion30(value)]));
  const choices = copy.anyOf;
  if (Array.isArray(choices) && choices.some((choice) => choice.type === "null")) {
    const rest = choices.filter((choice) => choice.type !== "null");
    delete copy.anyOf;
    return rest.length === 1 ? { ...copy, ...rest[0], nullable: true } : { ...copy, anyOf: rest, nullable: true };
  }
  return copy;
}

fetch(place.dataset.document)
  .then((answer) => answer.json())
  .then((spec) => {
    place.textContent = "";
    SwaggerUIBundle({
      spec: { ...asVersion30(spec), openapi: "3.0.3" },
      domNode: place,
      presets: [SwaggerUIBundle.presets.apis],
      deepLinking: true,
      validatorUrl: null,
    });
  })
  .catch(() => {
    place.textContent = "The document could not be loaded. Reload the page, or open openapi.json.";
  });
