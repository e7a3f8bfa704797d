//! Content into templates, and templates into what a channel sends.

use std::collections::BTreeSet;
use std::panic::catch_unwind;

use super::insert::{Additions, insert};
use super::protect::{protect_html, protect_mjml, protect_text};
use super::{Body, Content, Email, EmailBody, Rendered, RenderedEmail, VARIANTS_MAX};
use crate::Locale;
use crate::html::{depth, depth_of_mjml, squeezed, to_text};
use crate::problem::{Problem, code};
use crate::template::{Context, Escaping, Read, Scope, Stop, Template, unescape};

/// Depth to which elements of HTML and MJML nest: tables in tables in tables are ten.
const ELEMENTS_DEPTH_MAX: usize = 200;

/// Content whose every text is compiled.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Renders the value that chooses among variants.
    property: Option<Template>,
    /// The default first.
    variants: Vec<CompiledBody>,
    /// Positions of the variants without the default, by value and locale.
    order: Vec<usize>,
    reads: BTreeSet<Read>,
}

#[derive(Clone, Debug)]
struct CompiledBody {
    locale: Option<Locale>,
    value: Option<String>,
    /// The body as it was written, except that the HTML of an e-mail is final.
    body: Body,
    /// One for each text, in the order of [`Body::each`].
    templates: Vec<Template>,
    /// Whether the text of an e-mail was taken from its HTML.
    derived: bool,
}

impl CompiledBody {
    /// Whom it is for.
    fn key(&self) -> (Option<&str>, Option<&Locale>) {
        (self.value.as_deref(), self.locale.as_ref())
    }
}

pub(super) fn compile(content: &Content) -> Result<Compiled, Vec<Problem>> {
    let mut problems = Vec::new();
    if content.variants.len() > VARIANTS_MAX {
        let n = content.variants.len();
        let message = format!("there are {n} variants, the most is {VARIANTS_MAX}");
        return Err(vec![Problem::error(code::TOO_LARGE, message).hint("leave some out")]);
    }
    let property = property(content, &mut problems);
    let mut variants = vec![body(&content.default, "", &mut problems)];
    let mut seen = BTreeSet::new();
    for variant in &content.variants {
        let locale = locale(&variant.locale, &mut problems);
        if variant.body.channel() != content.default.channel() {
            let (a, b) = (variant.body.channel(), content.default.channel());
            let message = format!("this variant is for {a}, the message is for {b}");
            let problem = Problem::error(code::WRONG_FIELD, message).locale(&variant.locale);
            problems.push(problem.hint("write all variants for one channel"));
        }
        if !seen.insert((locale.clone(), variant.value.clone())) {
            let message = "two variants are for the same users";
            let problem = Problem::error(code::WRONG_LOCALE, message).locale(&variant.locale);
            problems.push(problem.hint("remove one of them"));
        }
        let compiled = body(&variant.body, &variant.locale, &mut problems);
        variants.push(CompiledBody { locale, value: variant.value.clone(), ..compiled });
    }
    if crate::problem::fatal(&problems) {
        return Err(problems);
    }
    let mut reads: BTreeSet<Read> = BTreeSet::new();
    reads.extend(property.iter().flat_map(|p| p.reads().cloned()));
    for template in variants.iter().flat_map(|variant| &variant.templates) {
        reads.extend(template.reads().cloned());
    }
    let mut order: Vec<usize> = (1..variants.len()).collect();
    order.sort_by(|a, b| variants[*a].key().cmp(&variants[*b].key()));
    Ok(Compiled { property, variants, order, reads })
}

fn property(content: &Content, problems: &mut Vec<Problem>) -> Option<Template> {
    let path = content.property.trim();
    if path.is_empty() {
        if content.variants.iter().any(|variant| variant.value.is_some()) {
            let message = "variants are chosen by a value, but not of which property";
            let problem = Problem::error(code::MISSING_FIELD, message).field("property");
            problems.push(problem.hint("write its path, as in profile.plan"));
        }
        return None;
    }
    match Template::parse(&format!("{{{{ {path} }}}}")) {
        Ok(template) => Some(template),
        Err(_) => {
            let message = format!("\"{path}\" is not the path of a property");
            let problem = Problem::error(code::WRONG_FIELD, message).field("property");
            problems.push(problem.hint("write it like profile.plan"));
            None
        }
    }
}

fn locale(text: &str, problems: &mut Vec<Problem>) -> Option<Locale> {
    if text.is_empty() {
        return None;
    }
    let locale = Locale::parse(text);
    if locale.is_none() {
        let problem = Problem::error(code::WRONG_LOCALE, format!("\"{text}\" is not a locale"));
        problems
            .push(problem.locale(text).hint("write a language and perhaps a region, as in tr-TR"));
    }
    locale
}

/// Compiles one body. What is wrong is said of what people wrote, not of what became of it.
fn body(written: &Body, locale: &str, problems: &mut Vec<Problem>) -> CompiledBody {
    let mut found = Vec::new();
    written.check(&mut found);
    templates(written, &mut found);
    let mut compiled = CompiledBody {
        locale: None,
        value: None,
        body: written.clone(),
        templates: Vec::new(),
        derived: false,
    };
    if !crate::problem::fatal(&found) {
        if let Body::Email(email) = &mut compiled.body {
            compiled.derived = prepare(email, &mut found);
        }
        compiled.templates = templates(&compiled.body, &mut found);
    }
    problems.extend(found.into_iter().map(|problem| problem.locale(locale)));
    compiled
}

fn templates(body: &Body, problems: &mut Vec<Problem>) -> Vec<Template> {
    let mut templates = Vec::new();
    // Collecting stops for nothing.
    let _ = body.each(&mut |place, source| {
        match Template::parse(source) {
            Ok(template) => templates.push(template),
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| problem.field(&place.path())));
            }
        }
        Ok(String::new())
    });
    templates
}

/// Makes the HTML of an e-mail final, and its text if it has none: MJML becomes HTML, style sheets
/// are written into the elements. Whether the text was taken from the HTML.
fn prepare(email: &mut Email, problems: &mut Vec<Problem>) -> bool {
    let html = match &email.body {
        EmailBody::Text(text) => {
            email.text.clone_from(text);
            return false;
        }
        EmailBody::Html(html) => html.clone(),
        EmailBody::Mjml(mjml) => match mjml_to_html(mjml) {
            Ok(html) => html,
            Err(problem) => {
                problems.push(problem.field("body"));
                return false;
            }
        },
    };
    let html = match inline(&html) {
        Ok(html) => html,
        Err(problem) => {
            problems.push(problem.field("body"));
            return false;
        }
    };
    let derived = email.text.trim().is_empty();
    if derived {
        let protected = protect_text(&html);
        // An entity may have become the sign that opens a tag of a template.
        let text = to_text(&protected.text).replace("{{", "{ {").replace("{%", "{ %");
        email.text = protected.restore(&text);
    }
    email.body = EmailBody::Html(html);
    derived
}

fn mjml_to_html(source: &str) -> Result<String, Box<Problem>> {
    let wrong = |message: String| {
        let hint = "check that every element is closed and that tags of the template stand in \
                    texts, in attributes, or between sections and columns";
        Box::new(Problem::error(code::WRONG_MJML, message).hint(hint))
    };
    // What stands around the document is for the template alone.
    let start =
        source.find("<mjml").ok_or_else(|| wrong("there is no <mjml> element".to_owned()))?;
    let end = source.rfind("</mjml>").map_or(source.len(), |i| i + "</mjml>".len());
    let document = source.get(start..end).unwrap_or("");
    shallow(depth_of_mjml(document))?;
    let protected = protect_mjml(document);
    // The library panics on some texts that are no MJML; what it panics on cannot be read.
    let rendered = catch_unwind(|| {
        let parsed = mrml::parse(&protected.text).map_err(|error| error.to_string())?;
        let mut options = mrml::prelude::render::RenderOptions::default();
        // Nobody's mail asks another company for a font that its author did not name with <mj-font>.
        options.fonts.clear();
        parsed.element.render(&options).map_err(|error| error.to_string())
    });
    let html = rendered
        .unwrap_or_else(|_| Err("it is not well-formed".to_owned()))
        .map_err(|error| wrong(format!("the MJML cannot be read: {error}")))?;
    let html = protected.restore(&html);
    Ok(format!("{}{html}{}", &source[..start], &source[end.max(start)..]))
}

/// Refuses what would take the readers of HTML and MJML a level of the stack per element.
fn shallow(depth: usize) -> Result<(), Box<Problem>> {
    if depth <= ELEMENTS_DEPTH_MAX {
        return Ok(());
    }
    let message =
        format!("elements are nested {depth} levels deep, the most is {ELEMENTS_DEPTH_MAX}");
    let problem = Problem::error(code::TOO_LARGE, message);
    Err(Box::new(problem.hint("close elements that are not closed")))
}

/// Writes style sheets into the elements. HTML without one stays as it is, byte for byte.
fn inline(html: &str) -> Result<String, Box<Problem>> {
    if !html.to_ascii_lowercase().contains("<style") {
        return Ok(html.to_owned());
    }
    shallow(depth(html))?;
    let protected = protect_html(html);
    let options = css_inline::CSSInliner::options()
        .load_remote_stylesheets(false)
        // Rules for screens (`@media`) cannot be written into elements.
        .keep_style_tags(true)
        .keep_link_tags(true);
    match options.build().inline(&protected.text) {
        Ok(inlined) => Ok(protected.restore(&inlined)),
        Err(error) => {
            let message = format!("the style sheets cannot be written into the elements: {error}");
            Err(Box::new(Problem::error(code::UNSAFE_HTML, message).hint("check the style sheets")))
        }
    }
}

impl Compiled {
    /// The paths that it may ask of a scope, sorted.
    pub fn reads(&self) -> impl Iterator<Item = &Read> {
        self.reads.iter()
    }

    /// The name of the channel, as [`Body::channel`] says it.
    pub fn channel(&self) -> &'static str {
        self.variants.first().map_or("", |variant| variant.body.channel())
    }

    /// Locale and value of every variant in order, the default first, which has neither.
    pub fn variants(&self) -> impl Iterator<Item = (Option<&Locale>, Option<&str>)> {
        self.variants.iter().map(|variant| (variant.locale.as_ref(), variant.value.as_deref()))
    }

    /// Which variant a user gets: 0 is the default, 1 the first of the variants.
    pub fn choose(&self, scope: &dyn Scope, context: &Context<'_>) -> Result<usize, Stop> {
        let value = match &self.property {
            Some(property) => {
                let mut value = String::new();
                property.render_as(scope, context, Escaping::Plain, &mut value)?;
                Some(value).filter(|value| !value.is_empty())
            }
            None => None,
        };
        let locales: Vec<Locale> = context.locale.chain().collect();
        let position = |value: Option<&str>, locale: Option<&Locale>| {
            let found =
                self.order.binary_search_by(|i| self.variants[*i].key().cmp(&(value, locale)));
            found.ok().map(|at| self.order[at])
        };
        let by_locale =
            |value: Option<&str>| locales.iter().find_map(|locale| position(value, Some(locale)));
        let by_value = value
            .as_deref()
            .and_then(|value| by_locale(Some(value)).or_else(|| position(Some(value), None)));
        Ok(by_value.or_else(|| by_locale(None)).unwrap_or(0))
    }

    /// What one user gets. The escaping of the context is not used: every field has its own.
    pub fn render(&self, scope: &dyn Scope, context: &Context<'_>) -> Result<Rendered, Stop> {
        let variant = self.choose(scope, context)?;
        self.render_variant(variant, scope, context)
    }

    /// What one user would get of a variant, for previews. One that does not exist is the default.
    pub fn render_variant(
        &self,
        variant: usize,
        scope: &dyn Scope,
        context: &Context<'_>,
    ) -> Result<Rendered, Stop> {
        let chosen = self.variants.get(variant).or_else(|| self.variants.first());
        let Some(chosen) = chosen else {
            return Err(Stop::Abort { reason: "the message has no content".to_owned() });
        };
        let mut templates = chosen.templates.iter();
        let body = chosen.body.each(&mut |place, _| {
            let Some(template) = templates.next() else { return Ok(String::new()) };
            let mut out = String::with_capacity(template.source().len());
            template.render_as(scope, context, place.form, &mut out)?;
            Ok(if place.line { one_line(out) } else { out })
        })?;
        Ok(finish(body, chosen))
    }
}

fn finish(body: Body, variant: &CompiledBody) -> Rendered {
    match body {
        Body::Email(email) => Rendered::Email(Box::new(email_of(*email, variant))),
        Body::Push(push) => Rendered::Push(push),
        Body::WebPush(push) => Rendered::WebPush(push),
        Body::Sms(sms) => Rendered::Sms(sms),
        Body::WhatsApp(message) => Rendered::WhatsApp(message),
        Body::Webhook(webhook) => Rendered::Webhook(webhook),
        Body::InApp(message) => Rendered::InApp(message),
        Body::Inbox(card) => Rendered::Inbox(card),
    }
}

fn email_of(email: Email, variant: &CompiledBody) -> RenderedEmail {
    let Email { from_name, from, reply_to, subject, preheader, body, text, amp, annotations } =
        email;
    let right_to_left = variant.locale.as_ref().is_some_and(Locale::right_to_left);
    let additions =
        Additions { preheader: &preheader, annotations: annotations.as_ref(), right_to_left };
    let html = match body {
        EmailBody::Html(html) | EmailBody::Mjml(html) => Some(insert(html, &additions)),
        EmailBody::Text(_) => None,
    };
    // A text that comes from HTML may hold what a filter escaped for HTML.
    let text = match variant.derived {
        // Loops and conditions leave empty lines behind.
        true => squeezed(&unescape(&text)),
        false => text,
    };
    let amp = Some(amp).filter(|amp| !amp.trim().is_empty());
    RenderedEmail {
        from_name,
        from,
        reply_to,
        subject,
        html,
        text,
        amp,
        right_to_left,
        preheader,
        annotations,
    }
}

/// The text on one line: control characters become blanks.
fn one_line(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.trim().to_owned()
}
