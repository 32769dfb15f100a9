//! [`Scale`]: how large a story is to be, where it lets one choose.

use clap::Args;

/// How large a story is to be, where it lets one choose.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scale {
    /// How many organisations take part, where the scenario lets one choose
    #[arg(long, visible_alias = "organisations")]
    pub organizations: Option<usize>,
    /// For how many simulated days, where the scenario lets one choose
    #[arg(long)]
    pub days: Option<u64>,
    /// How many documents each organisation has to begin with, where the scenario lets one choose
    #[arg(long)]
    pub documents: Option<usize>,
    /// How many nodes in a hundred are offline at any time, where the scenario lets one choose
    #[arg(long, value_parser = clap::value_parser!(u64).range(0..=90))]
    pub offline: Option<u64>,
}

impl Scale {
    /// Returns the options that ask for it again.
    #[must_use]
    pub fn options(&self) -> String {
        let organizations = self.organizations.map(|count| format!(" --organizations {count}"));
        let days = self.days.map(|count| format!(" --days {count}"));
        let documents = self.documents.map(|count| format!(" --documents {count}"));
        let offline = self.offline.map(|count| format!(" --offline {count}"));
        [organizations, days, documents, offline].into_iter().flatten().collect()
    }
}
