//! Keeping what lists show and what search looks through, so that neither opens documents.

use tracing::warn;

use super::Engine;
use crate::effects::Effects;

impl Engine {
    /// Caches list data and words of changed documents that are not being typed in right now.
    pub(super) fn cache_lists(&mut self, effects: &mut Effects) {
        if self.dirty.len() < 16 && !effects.notify.is_empty() {
            return;
        }
        for document in std::mem::take(&mut self.dirty) {
            let Self { documents, workspaces, shelf, .. } = self;
            let Some(workspace) = documents.held(&document).map(|held| held.genesis.workspace)
            else {
                continue;
            };
            let Some(log) = workspaces.log_mut(&workspace) else { continue };
            match documents.list(&document, &**shelf, &*log) {
                Ok(_) => {
                    effects.persist.extend(documents.cache(&document));
                    effects.persist.extend(documents.cache_words(&document, self.steady));
                }
                Err(error) => warn!(%document, %error, "cannot list a document"),
            }
        }
        effects.persist.extend(self.documents.cache_late_words(self.steady));
    }
}
