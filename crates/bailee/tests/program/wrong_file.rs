//! A file that is given in the place of another: what is said of it holds nothing of what is in it.

use crate::support::Trial;

const NOW: &str = "2026-03-02T12:00:00Z";

/// What must be said nowhere.
const SECRETS: [&str; 4] = ["Zettelmann", "quirina", "Kastanien", "17389"];

/// Files of data, each of which stops a parser somewhere else.
const DATA: [&str; 5] = [
    "order-id,name,mail\n1,Quirina Zettelmann,quirina@zettel.example\n",
    "Quirina Zettelmann\tUnter den Kastanien 77\t17389\n",
    "{\"name\": \"Quirina Zettelmann\", \"zip\": \"17389\"}",
    "\"Quirina Zettelmann\" = \"Unter den Kastanien 77\"\n",
    "format = [\"Quirina Zettelmann\", \"Unter den Kastanien 77\"]\n",
];

fn assert_silent(words: &str) {
    for secret in SECRETS {
        assert!(!words.to_lowercase().contains(&secret.to_lowercase()), "{secret}: {words}");
    }
}

#[test]
fn a_data_file_in_the_place_of_a_mapping_is_told_by_its_place_alone() {
    let trial = Trial::at(NOW);
    for data in DATA {
        let file = trial.write("data.csv", data);
        let refused = trial.run(&["mapping", "add", &file]).ends(1);
        assert_silent(&refused.err);
        assert!(refused.err.contains("line 1, column "), "{}", refused.err);
        assert!(refused.err.contains("bailee mapping draft"), "{}", refused.err);
        assert_eq!(refused.text(), "");
    }
}

#[test]
fn a_data_file_in_the_place_of_a_home_s_own_files_is_told_by_its_place_alone() {
    let trial = Trial::at(NOW);
    std::fs::create_dir_all(trial.path("home/mappings")).unwrap();
    for place in ["home/mappings/our-shop.toml", "home/classified.toml", "home/bailee.toml"] {
        for data in DATA {
            trial.write(place, data);
            let refused = trial.run(&["seller", "list"]).ends(1);
            assert_silent(&refused.err);
            assert!(refused.err.contains("line 1, column "), "{place}: {}", refused.err);
        }
        std::fs::remove_file(trial.path(place)).unwrap();
    }
}
