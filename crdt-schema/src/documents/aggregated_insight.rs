//! An aggregated insight: counts of several organisations with small numbers hidden, and the stories beside them.
//! Exact counts never appear in the document.

use super::common::{Contact, document};
use super::form::form;

document! {
    /// An aggregated insight.
    AggregatedInsight { Body, "Insight", [
        ("draft", "Draft"), ("in_review", "In review"), ("published", "Published"), ("superseded", "Replaced"), ("withdrawn", "Withdrawn")
    ] }
}

form! {
    /// The insight itself.
    Body {
        indicator: Group(Indicator), "What is counted";
        breakdowns: List(Breakdown, "breakdown"), "Broken down by";
        geography: Group(Coverage), "Area";
        period: Group(Period), "Period";
        method: Group(Method), "How it was made";
        suppression: Group(Suppression), "How small numbers are hidden";
        source_organizations: List(Source, "organisation"), "Where the figures come from";
        data: Group(Data), "Figures";
        narrative: Group(Narrative), "What it tells us";
        caveats: Lines, "What to keep in mind", "One on each line. For example, people who use two organisations are counted twice.";
        visualisation: Group(Visualisation), "Chart";
        dpia_id: Short, "Impact assessment", "The document’s id, if it has one.";
        project_id: Short, "Project", "The document’s id, if it has one.";
        next_release: Date, "Next release";
        contact: Group(Contact), "Whom to ask";
        forecast: Group(Forecast), "Forecast";
    }
}

form! {
    /// What is counted.
    Indicator {
        name: Line, "Name";
        definition: Long, "Definition", "Say who is counted, and who is counted twice.";
        unit: Short, "Unit", "For example, people.";
        measure: Choice(("count", "Count"), ("rate", "Rate"), ("percentage", "Percentage"), ("mean", "Average")), "Measure";
        polarity: Short, "Which way is good", "For example, lower is better.";
        id: Short, "Identifier";
        metric_type_uri: Short, "Web address of the indicator";
    }
}

form! {
    /// How figures are broken down.
    Breakdown {
        dimension: Short, "By", "For example, geography or time.";
        level: Short, "Level", "For example, ward.";
        code_list: Line, "List of codes";
    }
}

form! {
    /// Which area.
    Coverage {
        name: Short, "Name";
        gss_code: Short, "Code", "For example, E09000007.";
        lowest_level: Short, "Smallest area shown", "For example, ward.";
        boundary_year: Number, "Year of the boundaries";
    }
}

form! {
    /// From when until when.
    Period {
        start: Date, "From";
        end: Date, "Until";
        frequency: Short, "How often", "For example, monthly.";
    }
}

form! {
    /// How the figures were made.
    Method {
        description: Long, "How it was made";
        numerator: Line, "Counted";
        denominator: Line, "Out of";
        rounding: Line, "Rounding";
        quality: Long, "How good the figures are";
        completeness_percent: Number, "Per cent complete";
    }
}

form! {
    /// How small numbers were hidden.
    Suppression {
        rule: Short, "Rule";
        threshold: Number, "Numbers below this are hidden";
        rounding_base: Number, "Rounded to the nearest";
        marker: Short, "Shown in their place";
        zero_policy: Line, "What is done with zero";
        secondary: YesNo, "Are further numbers hidden so that none can be worked out?";
        primary_cells: Number, "Small numbers hidden";
        zero_cells_hidden: Number, "Zeros hidden";
        secondary_cells: Number, "Further numbers hidden";
        totals: Line, "Totals";
        higher_threshold: List(HigherThreshold, "place"), "Places that need more care";
        min_contributors: Number, "Organisations needed for a total";
        checked_against: Codes, "Checked against", "Tables that were published before, one on each line.";
        checked_by: Short, "Checked by";
        overridden: YesNo, "Was the rule overridden?";
    }
}

form! {
    /// A place with a higher threshold.
    HigherThreshold {
        gss_code: Short, "Code of the area";
        threshold: Number, "Numbers below this are hidden";
        reason: Line, "Why", "Never write where a refuge is.";
    }
}

form! {
    /// Who gave figures.
    Source {
        name: Short, "Organisation";
        contribution: Line, "What it gave";
        organization_id: Short, "Organisation’s id";
        rule: Short, "Its rule";
        threshold: Number, "Numbers below this are hidden";
        rounding_base: Number, "Rounded to the nearest";
        primary_cells: Number, "Small numbers hidden";
        secondary_cells: Number, "Further numbers hidden";
        higher_threshold: List(HigherThreshold, "place"), "Places that need more care";
    }
}

form! {
    /// The table.
    Data {
        columns: Codes, "Columns";
        rows: List(Row, "row"), "Rows";
        totals: List(Total, "total"), "Totals";
    }
}

form! {
    /// One figure.
    Row {
        area_name: Short, "Area";
        gss_code: Short, "Code of the area";
        period: Short, "Period", "Like 2026-07.";
        value: Number, "Value", "Leave it empty if it is hidden.";
        marker: Short, "Marker", "[c] if it is hidden.";
        hidden_because: Choice(("small", "It is small"), ("protects_another", "A small one could be worked out with it"), ("small_or_protects_another", "One of the two")), "Why it is hidden";
        organization: Short, "Organisation", "Who brought it in.";
        organization_id: Short, "Organisation’s id";
    }
}

form! {
    /// A total of one period.
    Total {
        period: Short, "Period";
        value: Number, "Value";
        marker: Short, "Marker";
        organization: Short, "Organisation";
        organization_id: Short, "Organisation’s id";
    }
}

form! {
    /// What people make of the figures.
    Narrative {
        headline: Long, "In a sentence";
        qualitative: Lines, "Stories and quotes", "One on each line. Nobody may be recognised.";
        themes: Codes, "Themes", "One on each line.";
    }
}

form! {
    /// How the figures are drawn.
    Visualisation {
        kind: Choice(("bar", "Bars"), ("line", "Lines"), ("none", "No chart")), "Kind of chart";
        x: Short, "Across";
        y: Short, "Up";
        series: Short, "Series";
        alt_text: Long, "In words", "For people who cannot see the chart.";
    }
}

form! {
    /// What comes next.
    Forecast {
        included: YesNo, "Is there a forecast?";
        note: Long, "Note";
    }
}
