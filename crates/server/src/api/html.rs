//! The page at `/docs`: the OpenAPI document, made readable. No script, nothing from outside, one style sheet.

use serde_json::{Map, Value};

/// The style sheet. The page's policy allows it by its digest.
pub(super) const STYLE: &str = include_str!("style.css");

/// The page of a document.
pub(super) fn page(document: &Value) -> String {
    let mut page = Page(String::new());
    page.head(document);
    page.contents(document);
    page.raw("<main id=\"content\">");
    page.prose(text(document, "/info/description"));
    for tag in list(document, "/tags") {
        page.chapter(document, tag);
    }
    page.schemas(document);
    page.raw("</main></body></html>\n");
    page.0
}

/// HTML as it is written.
struct Page(String);

impl Page {
    /// Markup of ours.
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Any text.
    fn text(&mut self, text: &str) {
        html_escape::encode_double_quoted_attribute_to_string(text, &mut self.0);
    }

    /// An element around a text.
    fn element(&mut self, open: &str, text: &str, close: &str) {
        self.raw(open);
        self.text(text);
        self.raw(close);
    }

    /// A text with `code` in it.
    fn line(&mut self, text: &str) {
        for (index, part) in text.split('`').enumerate() {
            match index % 2 {
                0 => self.text(part),
                _ => self.element("<code>", part, "</code>"),
            }
        }
    }

    /// Paragraphs of such text.
    fn prose(&mut self, text: &str) {
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            self.raw("<p>");
            self.line(paragraph);
            self.raw("</p>");
        }
    }

    fn head(&mut self, document: &Value) {
        let title = text(document, "/info/title");
        self.raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
        self.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        self.element("<title>", &format!("{title} API"), "</title>");
        self.raw("<style>");
        self.raw(STYLE);
        self.raw("</style></head><body><a class=\"skip\" href=\"#content\">Skip to the content</a><header>");
        self.element("<h1>", &format!("{title} {}", text(document, "/info/version")), "</h1>");
        self.element(
            "<p>",
            text(document, "/info/summary"),
            ". <a href=\"/openapi.json\">The same for programs</a></p>",
        );
        self.raw("</header>");
    }

    fn contents(&mut self, document: &Value) {
        self.raw("<nav aria-label=\"Contents\"><div><ul>");
        for tag in list(document, "/tags") {
            let name = text(tag, "/name");
            self.raw("<li>");
            self.link(&format!("tag-{name}"), name);
            self.raw("<ul>");
            for (_, _, operation) in operations(document, name) {
                self.raw("<li>");
                self.link(text(operation, "/operationId"), text(operation, "/summary"));
                self.raw("</li>");
            }
            self.raw("</ul></li>");
        }
        self.raw("<li>");
        self.link("schemas", "Schemas");
        self.raw("</li></ul></div></nav>");
    }

    fn link(&mut self, to: &str, words: &str) {
        self.element("<a href=\"#", to, "\">");
        self.element("", words, "</a>");
    }

    fn chapter(&mut self, document: &Value, tag: &Value) {
        let name = text(tag, "/name");
        self.element("<section><h2 id=\"tag-", name, "\">");
        self.element("", name, "</h2>");
        self.prose(text(tag, "/description"));
        for (path, method, operation) in operations(document, name) {
            self.operation(path, method, operation);
        }
        self.raw("</section>");
    }

    fn operation(&mut self, path: &str, method: &str, operation: &Value) {
        self.element("<article><h3 id=\"", text(operation, "/operationId"), "\">");
        self.element("", text(operation, "/summary"), "</h3><p class=\"route\">");
        self.element("<code><span class=\"method ", method, "\">");
        self.element("", &method.to_uppercase(), "</span> ");
        self.element("", path, "</code></p>");
        self.prose(text(operation, "/description"));
        if operation.get("security").is_some() {
            self.raw("<p class=\"soft\">Anybody may ask.</p>");
        }
        self.parameters(list(operation, "/parameters"));
        if let Some(body) = operation.get("requestBody") {
            self.raw("<h4>Body</h4>");
            self.prose(text(body, "/description"));
            self.media(body);
        }
        self.raw("<h4>Answers</h4>");
        for (status, response) in members(operation, "/responses") {
            self.response(status, response);
        }
        self.raw("</article>");
    }

    fn parameters(&mut self, parameters: &[Value]) {
        if parameters.is_empty() {
            return;
        }
        self.raw("<h4>Parameters</h4><ul class=\"members\">");
        for parameter in parameters {
            self.element("<li><code>", text(parameter, "/name"), "</code> <span class=\"soft\">");
            self.element("", text(parameter, "/in"), "");
            if let Some(schema) = parameter.get("schema") {
                self.raw(", ");
                self.kind(schema);
            }
            self.raw("</span> ");
            self.line(text(parameter, "/description"));
            self.raw("</li>");
        }
        self.raw("</ul>");
    }

    fn response(&mut self, status: &str, response: &Value) {
        // What goes well stands open; the problems are there for whoever looks for them.
        self.raw(if status.starts_with('2') { "<details open>" } else { "<details>" });
        self.element("<summary><strong>", status, "</strong> ");
        self.line(text(response, "/description"));
        self.raw("</summary>");
        let headers = members(response, "/headers");
        if !headers.is_empty() {
            let names: Vec<String> = headers.iter().map(|(name, _)| format!("`{name}`")).collect();
            self.raw("<p class=\"soft\">Headers: ");
            self.line(&names.join(", "));
            self.raw("</p>");
        }
        self.media(response);
        self.raw("</details>");
    }

    /// What is sent or answered, by media type.
    fn media(&mut self, of: &Value) {
        for (media, content) in members(of, "/content") {
            self.element("<p class=\"soft\"><code>", media, "</code> ");
            if let Some(schema) = content.get("schema") {
                self.kind(schema);
                self.raw("</p>");
                self.inside(schema);
            }
            if let Some(example) = content.get("example") {
                let example = match example {
                    Value::String(example) => example.clone(),
                    example => serde_json::to_string_pretty(example).unwrap_or_default(),
                };
                self.element("<pre tabindex=\"0\">", &example, "</pre>");
            }
        }
    }

    /// What a schema is, in a word or two.
    fn kind(&mut self, schema: &Value) {
        if let Some(name) = reference(schema) {
            return self.link(&format!("schema-{name}"), name);
        }
        if let Some(several) = schema.get("anyOf").or(schema.get("allOf")).and_then(Value::as_array) {
            for (index, one) in several.iter().enumerate() {
                self.raw(if index == 0 { "" } else { " or " });
                self.kind(one);
            }
            return;
        }
        if let Some(texts) = schema.get("enum").and_then(Value::as_array) {
            let texts: Vec<String> =
                texts.iter().filter_map(Value::as_str).map(|text| format!("`{text}`")).collect();
            return self.line(&texts.join(", "));
        }
        match schema.get("type") {
            Some(Value::String(kind)) if kind == "array" => {
                self.raw("list of ");
                self.kind(schema.get("items").unwrap_or(&Value::Null));
            }
            Some(Value::String(kind)) => {
                self.text(schema.get("format").and_then(Value::as_str).unwrap_or(kind));
            }
            Some(Value::Array(kinds)) => {
                let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
                self.text(&kinds.join(" or "));
            }
            _ => self.raw("anything"),
        }
    }

    /// The members of a schema, and theirs.
    fn inside(&mut self, schema: &Value) {
        let several = schema.get("anyOf").or(schema.get("allOf")).and_then(Value::as_array);
        several.into_iter().flatten().for_each(|one| self.inside(one));
        if let Some(items) = schema.get("items") {
            self.inside(items);
        }
        let properties = members(schema, "/properties");
        if properties.is_empty() {
            return;
        }
        let required: Vec<&str> = list(schema, "/required").iter().filter_map(Value::as_str).collect();
        self.raw("<ul class=\"members\">");
        for (name, member) in properties {
            self.element("<li><code>", name, "</code> <span class=\"soft\">");
            self.kind(member);
            self.raw(if required.contains(&name.as_str()) {
                "</span> "
            } else {
                ", may be left out</span> "
            });
            self.line(text(member, "/description"));
            self.inside(member);
            self.raw("</li>");
        }
        self.raw("</ul>");
    }

    fn schemas(&mut self, document: &Value) {
        self.raw("<section><h2 id=\"schemas\">Schemas</h2>");
        for (name, schema) in members(document, "/components/schemas") {
            self.element("<article><h3 id=\"schema-", name, "\">");
            self.element("", name, "</h3>");
            self.prose(text(schema, "/description"));
            self.raw("<p class=\"soft\">");
            self.kind(schema);
            if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
                self.element(", <code>", pattern, "</code>");
            }
            self.raw("</p>");
            self.inside(schema);
            self.raw("</article>");
        }
        self.raw("</section>");
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn members<'a>(value: &'a Value, pointer: &str) -> Vec<(&'a String, &'a Value)> {
    value.pointer(pointer).and_then(Value::as_object).into_iter().flat_map(Map::iter).collect()
}

/// The name of the schema that a reference leads to.
fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

/// The operations of a chapter: path, method and what is said of it.
fn operations<'a>(document: &'a Value, tag: &str) -> Vec<(&'a str, &'a str, &'a Value)> {
    let paths = members(document, "/paths").into_iter();
    let all = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flat_map(Map::iter);
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    all.filter(|(_, _, operation)| list(operation, "/tags").iter().any(|one| one.as_str() == Some(tag)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::document::DOCUMENT;
    use super::*;

    #[test]
    fn the_page_leads_to_every_operation_and_every_schema_and_nowhere_else() {
        let page = page(&DOCUMENT);
        let targets = |of: &str, end: char| -> Vec<String> {
            page.split(of).skip(1).filter_map(|rest| rest.split(end).next()).map(str::to_owned).collect()
        };
        let ids = targets(" id=\"", '"');
        for link in targets("href=\"", '"') {
            let leads =
                link.strip_prefix('#').map_or(link == "/openapi.json", |to| ids.iter().any(|id| id == to));
            assert!(leads, "{link}");
        }
        for (_, methods) in members(&DOCUMENT, "/paths") {
            for operation in methods.as_object().unwrap().values() {
                assert!(ids.iter().any(|id| id == text(operation, "/operationId")));
            }
        }
        let unique: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "an id stands twice");
    }

    #[test]
    fn nothing_of_a_document_becomes_markup_and_nothing_is_loaded() {
        let mut document = DOCUMENT.clone();
        document["info"]["description"] = json!("<script>alert(1)</script> `<b>`");
        let page = page(&document);
        assert!(page.contains("&lt;script&gt;") && page.contains("<code>&lt;b&gt;</code>"));
        for forbidden in ["<script", "<link", "<img", "<iframe", "style=\"", "url(", "@import", "onclick"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }
}
