extension OpenAPIPage {
    /// The content of `/docs/app.js`, to be served as `text/javascript; charset=utf-8`.
    public static let script = #"""
        // Renders /openapi.json. Text from the document only ever becomes text nodes.
        const $ = (id) => document.getElementById(id);
        const methods = ["get", "post", "put", "patch", "delete"];

        /** Creates an element with attributes and children; a string becomes text. */
        function make(name, attributes = {}, ...children) {
          const element = document.createElement(name);
          for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
          for (const child of children.flat()) {
            if (child !== null && child !== undefined && child !== "") element.append(child);
          }
          return element;
        }

        /** Text with `...` rendered as code. */
        const prose = (text = "") => text.split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));

        let root = {};

        /** The value that a reference points to; other values as they are. */
        function resolve(value) {
          let seen = 0;
          while (value && value.$ref && seen++ < 16) {
            value = value.$ref.slice(2).split("/").reduce((part, key) => part?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], root);
          }
          return value ?? {};
        }

        // Schemas

        const referenceOf = (schema) => schema?.$ref ?? schema?.anyOf?.[0]?.$ref;
        const nameOf = (schema) => referenceOf(schema)?.split("/").pop();

        /** A schema with its reference resolved and the reference's siblings kept; "or null" becomes an additional type. */
        function read(schema) {
          const { $ref, anyOf, ...own } = schema ?? {};
          if ($ref) return { ...resolve(schema), ...own };
          if (anyOf?.length !== 2 || anyOf[1].type !== "null") return schema ?? {};
          const inner = read(anyOf[0]);
          return { ...inner, ...own, type: [].concat(inner.type, "null") };
        }

        const span = (low, high, unit) =>
          low === undefined && high === undefined ? ""
          : high === undefined ? `at least ${low}${unit}`
          : low === undefined ? `at most ${high}${unit}`
          : low === high ? `${low}${unit}` : `${low} to ${high}${unit}`;

        /** A short description of the type: `string, 1 to 200 characters`. */
        function typeOf(schema) {
          const name = nameOf(schema);
          schema = read(schema);
          if (schema.const !== undefined) return JSON.stringify(schema.const);
          if (schema.oneOf) return name ?? "one of several";
          if (schema.anyOf) return "any of several";
          const types = [].concat(schema.type ?? "any value");
          const words = [types.map((type) => (type === "array" ? `array of ${typeOf(schema.items)}` : type === "object" ? name ?? type : type)).join(" or ")];
          if (schema.enum) words.push(schema.enum.filter((choice) => choice !== null).map((choice) => JSON.stringify(choice)).join(" | "));
          words.push(span(schema.minLength, schema.maxLength, " characters"));
          words.push(span(schema.minimum, schema.maximum, ""));
          words.push(span(schema.minItems, schema.maxItems, " elements"));
          if (schema.format) words.push(schema.format);
          if (schema.examples) words.push(`such as ${schema.examples[0]}`);
          if (schema.default !== undefined) words.push(`default ${JSON.stringify(schema.default)}`);
          return words.filter(Boolean).join(", ");
        }

        /** Elements that show a schema's fields, elements and alternatives, if any; a recursive schema is shown once. */
        function inside(schema, ancestors = []) {
          const reference = referenceOf(schema);
          if (ancestors.includes(reference)) return [];
          if (reference) ancestors = [...ancestors, reference];
          schema = read(schema);
          const parts = (schema.allOf ?? []).map((part) => inside(part, ancestors)).flat();
          const fields = Object.entries(schema.properties ?? {});
          if (fields.length) {
            const required = schema.required ?? [];
            parts.push(make("ul", { class: "fields" }, fields.map(([name, field]) => make("li", {}, line(name, field, required.includes(name)), inside(field, ancestors)))));
          }
          if (schema.items) parts.push(...inside(schema.items, ancestors));
          for (const choice of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) {
            const target = resolve(choice);
            const title = [target, ...(target.allOf ?? [])].map((part) => part.properties?.type?.const).find(Boolean) ?? choice.$ref?.split("/").pop() ?? (target.properties ? `{${Object.keys(target.properties).join(", ")}}` : typeOf(target));
            parts.push(lazy(make("summary", {}, make("code", {}, title), " ", prose(target.description)), () => inside(target, ancestors)));
          }
          return parts;
        }

        const line = (name, schema, required, description = read(schema).description) => [
          make("code", { class: "name" }, name), " ", make("span", { class: "type" }, typeOf(schema)),
          required ? make("strong", { class: "required" }, " required") : "",
          description ? make("span", { class: "note" }, " ", prose(description)) : "",
        ];

        /** A details element whose body is filled when it is first opened. */
        function lazy(summary, fill, attributes = {}) {
          const details = make("details", attributes, summary);
          details.addEventListener("toggle", () => {
            if (details.open && details.children.length === 1) details.append(make("div", { class: "body" }, fill()));
          });
          return details;
        }

        // Endpoints

        function content(media) {
          return Object.entries(media ?? {}).map(([type, { schema, example }]) => [
            make("p", {}, make("code", {}, type), schema && Object.keys(schema).length ? [" ", make("span", { class: "type" }, typeOf(schema))] : ""),
            schema ? inside(schema) : [],
            example === undefined ? [] : [make("h4", {}, "Example"), make("pre", {}, make("code", {}, JSON.stringify(example, null, 2)))],
          ]).flat(2);
        }

        function access(operation) {
          const names = (operation.security ?? []).map((way) => Object.entries(way).map(([name, scopes]) => {
            const scheme = root.components.securitySchemes[name];
            const place = scheme.type === "apiKey" ? `${scheme.in} ${scheme.name}` : "Authorization: Bearer";
            return `${place}${scopes.length ? ` (${scopes.join(", ")})` : name === "adminToken" ? " (admin token)" : ""}`;
          }).join(" and "));
          return names.length ? `Requires ${names.join(", or ")}. ` : "No key required. ";
        }

        function describe({ operation }) {
          const parts = [make("p", {}, access(operation), `Access: ${operation["x-pulse-access"]}.`, operation["x-pulse-module"] ? ` Module: ${operation["x-pulse-module"]}.` : "")];
          if (operation.parameters) {
            parts.push(make("h3", {}, "Parameters"));
            parts.push(make("ul", { class: "fields" }, operation.parameters.map(resolve).map((parameter) =>
              make("li", {}, line(parameter.name, parameter.schema, parameter.required, parameter.description ?? (parameter.in === "path" ? "Part of the path." : "")))))); 
          }
          if (operation.requestBody) parts.push(make("h3", {}, "Body"), ...content(resolve(operation.requestBody).content));
          parts.push(make("h3", {}, "Responses"));
          for (const [status, reference] of Object.entries(operation.responses)) {
            const response = resolve(reference);
            const title = make("summary", {}, make("code", {}, status), " ", prose(response.description));
            const open = status.startsWith("2") ? { open: "" } : {};
            parts.push(response.content ? lazy(title, () => content(response.content), open) : make("p", { class: "answer" }, [...title.childNodes]));
          }
          return parts;
        }

        function endpoint(entry) {
          const { method, path, operation } = entry;
          const summary = make("summary", {}, make("span", { class: `method ${method}` }, method.toUpperCase()), " ", make("code", { class: "path" }, path), " ", make("span", { class: "note" }, prose(operation.summary)));
          entry.element = lazy(summary, () => describe(entry), { id: operation.operationId, class: "endpoint" });
          entry.words = `${method} ${path} ${operation.summary} ${operation.tags[0]} ${operation["x-pulse-scope"]}`.toLowerCase();
          return entry.element;
        }

        function show(document_) {
          root = document_;
          $("version").textContent = root.info.version;
          $("about").replaceChildren(...prose(root.info.description));
          const entries = Object.entries(root.paths).flatMap(([path, item]) =>
            methods.filter((method) => item[method]).map((method) => ({ path, method, operation: item[method] })));
          const sections = root.tags.map(({ name, "x-pulse-category": category }) => {
            const own = entries.filter(({ operation }) => operation.tags[0] === name);
            const section = make("section", { id: `tag-${name}`, "aria-labelledby": `title-${name}` },
              make("h2", { id: `title-${name}` }, name, category && category !== name ? make("small", {}, ` ${category}`) : ""), own.map(endpoint));
            const link = make("li", {}, make("a", { href: `#tag-${name}` }, name), make("small", {}, ` ${own.length}`));
            return { own, section, link };
          });
          $("endpoints").replaceChildren(...sections.map(({ section }) => section));
          $("tags").replaceChildren(...sections.map(({ link }) => link));
          const search = () => {
            const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
            let count = 0;
            for (const { own, section, link } of sections) {
              for (const entry of own) entry.element.hidden = !words.every((word) => entry.words.includes(word));
              const shown = own.filter((entry) => !entry.element.hidden).length;
              section.hidden = link.hidden = shown === 0;
              count += shown;
            }
            $("count").textContent = `${count} of ${entries.length} endpoints`;
          };
          $("search").addEventListener("input", search);
          search();
          const jump = () => {
            const target = $(decodeURIComponent(location.hash.slice(1)));
            if (target?.localName === "details") target.open = true;
            target?.scrollIntoView();
          };
          addEventListener("hashchange", jump);
          jump();
        }

        fetch("/openapi.json", { headers: { accept: "application/json" } })
          .then((response) => (response.ok ? response.json() : Promise.reject(new Error(`status ${response.status}`))))
          .then(show)
          .catch((error) => { $("state") ? $("state").textContent = `The endpoints can't be shown: ${error.message}.` : console.error(error); });

        """#
}
