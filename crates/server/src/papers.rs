//! What documents are made with: templates and fonts, as the home has them.

use std::sync::OnceLock;

use bailee_render::{Fonts, Paper, Template};

/// Templates and fonts of a home.
pub struct Papers {
    templates: Vec<Template>,
    /// Read once the first document is drawn with them: they can be large, and most commands draw none.
    fonts: OnceLock<Fonts>,
    load: Box<dyn Fn() -> Fonts + Send + Sync>,
}

impl Papers {
    /// With a home's own templates before those of the program.
    pub fn new(own: Vec<Template>, load: Box<dyn Fn() -> Fonts + Send + Sync>) -> Self {
        let embedded = Paper::ALL.into_iter().filter_map(|paper| Template::embedded(paper).ok());
        Self { templates: own.into_iter().chain(embedded).collect(), fonts: OnceLock::new(), load }
    }

    /// Those of the program, and no fonts.
    pub fn embedded() -> Self {
        Self::new(Vec::new(), Box::new(Fonts::default))
    }

    /// The template of a paper.
    pub(crate) fn of(&self, paper: Paper) -> Option<&Template> {
        self.templates.iter().find(|template| template.paper() == paper)
    }

    pub(crate) fn fonts(&self) -> &Fonts {
        self.fonts.get_or_init(&self.load)
    }
}
