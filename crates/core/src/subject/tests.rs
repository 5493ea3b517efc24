use super::*;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

#[test]
fn each_law_gives_its_days() {
    let check =
        |law: Law, right: Right, received: &str, acknowledged: &str, answered: &str, extended: &str| {
            let days = Deadlines::of(law, right, day(received));
            let said = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
            assert_eq!(
                (
                    said(days.acknowledged).as_str(),
                    days.answered.to_string().as_str(),
                    said(days.extended).as_str()
                ),
                (acknowledged, answered, extended),
                "{law} {right} {received}"
            );
        };
    for right in Right::ALL {
        check(Law::Gdpr, *right, "2026-03-02", "", "2026-04-02", "2026-06-02");
        check(Law::UkGdpr, *right, "2026-03-02", "", "2026-04-02", "2026-06-02");
    }
    // The last day of a shorter month, in a leap year and in another; and over the end of a year.
    check(Law::Gdpr, Right::Access, "2026-01-31", "", "2026-02-28", "2026-04-30");
    check(Law::Gdpr, Right::Access, "2028-01-30", "", "2028-02-29", "2028-04-30");
    check(Law::Gdpr, Right::Access, "2026-11-30", "", "2026-12-30", "2027-02-28");
    // 2 March 2026 is a Monday, the 6th a Friday, the 7th a Saturday.
    check(Law::Ccpa, Right::Access, "2026-03-02", "2026-03-16", "2026-04-16", "2026-05-31");
    check(Law::Ccpa, Right::Erase, "2026-03-06", "2026-03-20", "2026-04-20", "2026-06-04");
    check(Law::Ccpa, Right::Rectify, "2026-03-07", "2026-03-20", "2026-04-21", "2026-06-05");
    check(Law::Ccpa, Right::Object, "2026-03-02", "", "2026-03-23", "");
    check(Law::Ccpa, Right::Restrict, "2026-03-08", "", "2026-03-27", "");
}

/// What each step makes of each state.
#[test]
fn a_request_goes_one_way() {
    let refused = Stage::Refused { reason: Refusal::Unfounded };
    let all = [
        Stage::Received,
        Stage::Acknowledged,
        Stage::Identified,
        Stage::Previewed,
        Stage::CarriedOut,
        refused,
        Stage::Withdrawn,
    ];
    let steps: [fn(Stage) -> Result<Stage, StepError>; 6] = [
        Stage::acknowledge,
        Stage::identify,
        Stage::preview,
        Stage::carry_out,
        |stage| stage.refuse(Refusal::Unfounded),
        Stage::withdraw,
    ];
    let said = |stage: Stage| {
        let step = |step: &fn(Stage) -> Result<Stage, StepError>| {
            step(stage).map_or_else(StepError::code, Stage::as_str)
        };
        steps.iter().map(step).collect::<Vec<_>>().join(" ")
    };
    let expected = [
        "acknowledged identified request-not-identified request-not-identified refused withdrawn",
        "request-step-taken identified request-not-identified request-not-identified refused withdrawn",
        "request-step-taken request-step-taken previewed request-not-previewed refused withdrawn",
        "request-step-taken request-step-taken previewed carried-out refused withdrawn",
        "request-ended request-ended carried-out carried-out request-ended request-ended",
        "request-ended request-ended request-ended request-ended request-ended request-ended",
        "request-ended request-ended request-ended request-ended request-ended request-ended",
    ];
    for (stage, expected) in all.into_iter().zip(expected) {
        assert_eq!(said(stage), expected, "{}", stage.as_str());
    }
}

#[test]
fn it_is_kept_for_whole_months_after_its_last_step() {
    let month = Month::of("2026-03-31T23:59:59Z".parse().unwrap());
    assert_eq!(kept_until(month, KEPT_MONTHS).to_string(), "2029-04-01T00:00:00Z");
    assert_eq!(kept_until(month, KEPT_MONTHS_MIN).to_string(), "2028-04-01T00:00:00Z");
}

#[test]
fn a_notice_s_version_is_a_short_code() {
    let longest = "v".repeat(NOTICE_CHARACTERS_MAX);
    for text in ["1", "2026-03_b.2", longest.as_str()] {
        assert_eq!(text.parse::<NoticeVersion>().unwrap().as_str(), text);
    }
    for text in ["", "a b", "é", &format!("{longest}v")] {
        assert!(text.parse::<NoticeVersion>().is_err(), "{text}");
    }
}
