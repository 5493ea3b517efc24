//! What holds for whatever is asked, by whomever, under any rules: a kept answer is the answer, words fit the decision,
//! and a home's own policies only take away.

use super::question::Question;
use super::*;
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

/// Policies of a home's own: some whose answer can be kept, some whose cannot.
const OWN: [&str; 9] = [
    "",
    "forbid (principal, action, resource) when { context.hour < 6 };",
    "forbid (principal, action == Action::\"reveal\", resource is Field) unless { context.ticket };",
    "forbid (principal, action, resource) when { context.spent_today > 3 };",
    "forbid (principal, action, resource in Seller::\"S1\");",
    "forbid (principal, action == Action::\"reveal\", resource is Field) when { resource.class == Class::\"tax\" };",
    "forbid (principal is Person in Role::\"officer\", action == Action::\"reveal\", resource)
       when { context.environment == Environment::\"test\" && context.purpose == Purpose::\"incident\" };
     forbid (principal is Service, action, resource)
       unless { context has address && context.address.isInRange(ip(\"10.0.0.0/8\")) };",
    "forbid (principal, action, resource)
       unless { context has factor_age_seconds && context.factor_age_seconds < 60 || context.device };",
    "forbid (principal is Service, action, resource) when { principal.purposes.contains(Purpose::\"invoice\") };",
];

const SELLERS: [&str; 2] = ["S1", "S2"];

#[derive(Clone, Debug)]
enum Asker {
    Person { id: u8, roles: Vec<Role> },
    Service { id: u8, sellers: Vec<SellerId>, purposes: Vec<Purpose>, classes: Vec<Class> },
}

impl Asker {
    fn service(&self) -> Option<Service> {
        let Self::Service { id, sellers, purposes, classes } = self else { return None };
        let (sellers, id) = (sellers.clone(), ServiceId([*id; 16]));
        Some(Service { id, sellers, ..service(purposes, classes) })
    }

    fn subject<'a>(&'a self, service: Option<&'a Service>) -> Subject<'a> {
        match self {
            Self::Person { id, roles } => Subject::Person { id: PersonId([*id; 16]), roles },
            Self::Service { .. } => Subject::Service(service.unwrap()),
        }
    }
}

#[derive(Clone, Debug)]
struct Asked {
    seller: SellerId,
    purpose: Purpose,
    terms: Vec<TermKind>,
    action: Index,
    /// Of a reveal.
    field: Option<(Kind, Class, Vec<Purpose>)>,
}

impl Asked {
    fn question<'a>(&'a self, subject: Subject<'a>) -> Question<'a> {
        if let Some((kind, class, purposes)) = &self.field {
            let field = Field { seller: &self.seller, kind: *kind, class: *class, purposes };
            return Question::of_field(subject, self.purpose, field);
        }
        let seller = &self.seller;
        let more = [
            Action::ReadRetention(None),
            Action::ReadQuarantine(None),
            Action::ReadUnclassified(None),
            Action::Find(seller, &self.terms),
            Action::Reveal(seller, self.purpose),
        ];
        let all = [&Action::plain(seller)[..], &more].concat();
        Question::of(subject, *self.action.get(&all))
    }
}

/// One thing that happens to a home.
#[derive(Clone, Debug)]
enum Step {
    Rules(usize),
    Grants(Vec<Grant>),
    Ask(Asker, Asked, Box<Circumstances>),
}

fn purposes() -> impl Strategy<Value = Vec<Purpose>> {
    subsequence(Purpose::ALL, 0..=Purpose::ALL.len())
}

fn classes() -> impl Strategy<Value = Vec<Class>> {
    subsequence(&Class::ALL[..5], 0..=5)
}

fn one<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

fn seller_id() -> impl Strategy<Value = SellerId> {
    one(&SELLERS).prop_map(seller)
}

fn asker() -> impl Strategy<Value = Asker> {
    let roles = subsequence(&schema::ROLES[..], 0..=4);
    let sellers = subsequence(&SELLERS[..], 0..=2)
        .prop_map(|ids| ids.into_iter().map(seller).collect::<Vec<SellerId>>());
    prop_oneof![
        (0..2u8, roles).prop_map(|(id, roles)| Asker::Person { id, roles }),
        (0..2u8, sellers, purposes(), classes())
            .prop_map(|(id, sellers, purposes, classes)| Asker::Service { id, sellers, purposes, classes }),
    ]
}

fn asked() -> impl Strategy<Value = Asked> {
    let terms = [TermKind::Email, TermKind::Phone, TermKind::Name, TermKind::NamePostalCode];
    let terms = subsequence(terms.to_vec(), 1..=2);
    let field = prop::option::weighted(0.6, (one(Kind::ALL), one(Class::ALL), purposes()));
    (seller_id(), one(Purpose::ALL), terms, any::<Index>(), field)
        .prop_map(|(seller, purpose, terms, action, field)| Asked { seller, purpose, terms, action, field })
}

fn grant_of_somebody() -> impl Strategy<Value = Grant> {
    let ends = (-1..3i64, 1..4u64);
    (0..6u8, any::<bool>(), 0..2u8, seller_id(), classes(), one(Purpose::ALL), ends).prop_map(
        |(number, is_person, id, seller, classes, purpose, (hours, fields_a_day))| {
            let principal = if is_person {
                PrincipalId::Person(PersonId([id; 16]))
            } else {
                PrincipalId::Service(ServiceId([id; 16]))
            };
            let until = at(9 + hours);
            Grant { seller, until, fields_a_day, ..grant(number, principal, purpose, &classes) }
        },
    )
}

fn circumstances() -> impl Strategy<Value = Circumstances> {
    let spent = prop::collection::vec((prop::option::of(0..6u8), 0..4u64), 0..4);
    let address = prop_oneof![Just(None), Just(Some([10, 0, 0, 1])), Just(Some([192, 0, 2, 1]))];
    let factor = prop::option::of(0..120i64);
    (one(&ENVIRONMENTS), 8..12i64, 0..24u8, any::<(bool, bool)>(), address, factor, spent).prop_map(
        |(environment, hours, hour, (ticket, device), address, factor_age_seconds, spent)| {
            let mut asked = Circumstances {
                hour,
                ticket,
                device,
                address: address.map(Into::into),
                factor_age_seconds,
                ..Circumstances::at(environment, at(hours))
            };
            for (grant, fields) in spent {
                asked.spent_today.add(grant.map(|number| GrantId([number; 16])), fields);
            }
            asked
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (0..OWN.len()).prop_map(Step::Rules),
        1 => prop::collection::vec(grant_of_somebody(), 0..5).prop_map(Step::Grants),
        8 => (asker(), asked(), circumstances())
            .prop_map(|(asker, asked, circumstances)| Step::Ask(asker, asked, Box::new(circumstances))),
    ]
}

/// Each of [`OWN`], compiled once.
static COMPILED: LazyLock<Vec<Rules>> =
    LazyLock::new(|| OWN.iter().map(|own| Rules::new(own).unwrap()).collect());

fn answer(rules: &Rules, question: &Question<'_>, circumstances: &Circumstances) -> Result<Permit, Denial> {
    match (&question.field, question.action) {
        (Some(field), Action::Reveal(_, purpose)) => {
            rules.decide_field(question.subject, purpose, field, circumstances)
        }
        _ => rules.decide(question.subject, &question.action, circumstances),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_kept_answer_is_the_one_that_is_found_anew(steps in prop::collection::vec(step(), 1..40)) {
        let (mut own, mut grants) = (0, Vec::new());
        let mut rules = COMPILED[own].with_grants(grants.clone()).keeping_at_most(8);
        let mut seen: Vec<(Asker, Asked)> = Vec::new();
        for step in steps {
            let (asker, asked, circumstances) = match step {
                Step::Rules(number) => {
                    own = number;
                    rules = COMPILED[own].with_grants(grants.clone()).keeping_at_most(8);
                    continue;
                }
                Step::Grants(others) => {
                    grants = others;
                    rules = rules.with_grants(grants.clone()).keeping_at_most(8);
                    continue;
                }
                Step::Ask(asker, asked, circumstances) => (asker, asked, circumstances),
            };
            // What was asked before is asked again, under these circumstances.
            seen.push((asker, asked));
            for (asker, asked) in seen.iter().rev().take(3) {
                let service = asker.service();
                let question = asked.question(asker.subject(service.as_ref()));
                let kept = answer(&rules, &question, &circumstances);
                let finding = rules.anew(&question, &circumstances);
                let fresh = COMPILED[own].with_grants(grants.clone());
                prop_assert_eq!(&kept, &answer(&fresh, &question, &circumstances));
                let permit = finding.permit.filter(|_| finding.forbidden.is_none());
                prop_assert_eq!(kept.as_ref().ok(), permit.as_ref(), "{:?} {:?}", asker, asked);
                if finding.permit.is_some() && kept.is_err() {
                    prop_assert_eq!(kept.unwrap_err().code, "home-policy");
                }
                let explanation = rules.explain(question.subject, &question.action, &circumstances);
                let decided = rules.decide(question.subject, &question.action, &circumstances);
                prop_assert_eq!(explanation.is_allowed, decided.is_ok());
                prop_assert_eq!(explanation.words, decided.err().map(|denial| denial.words));
            }
        }
    }

    #[test]
    fn in_one_request_each_answer_is_the_one_that_is_found_by_itself(
        own in 0..OWN.len(),
        grants in prop::collection::vec(grant_of_somebody(), 0..5),
        questions in prop::collection::vec((asker(), asked(), 0..60_u64), 1..40),
        circumstances in circumstances(),
    ) {
        let rules = COMPILED[own].with_grants(grants);
        let (mut sitting, mut circumstances) = (rules.sit(), circumstances);
        for (asker, asked, shown) in questions {
            let service = asker.service();
            let question = asked.question(asker.subject(service.as_ref()));
            let together = match (&question.field, question.action) {
                (Some(field), Action::Reveal(_, purpose)) => {
                    sitting.decide_field(question.subject, purpose, field, &circumstances)
                }
                _ => sitting.decide(question.subject, &question.action, &circumstances),
            };
            let alone = answer(&rules, &question, &circumstances);
            prop_assert_eq!(&together, &alone);
            circumstances.spent_today.add(alone.ok().and_then(|permit| permit.grant), shown);
        }
    }

    #[test]
    fn words_never_contradict_the_decision(
        grants in prop::collection::vec(grant_of_somebody(), 0..6),
        questions in prop::collection::vec((asker(), asked(), circumstances()), 1..20),
    ) {
        let rules = RULES.with_grants(grants);
        for (asker, asked, circumstances) in questions {
            let service = asker.service();
            let question = asked.question(asker.subject(service.as_ref()));
            let missing = refusal::missing(&rules, &question, &circumstances);
            let permit = rules.anew(&question, &circumstances).permit;
            prop_assert_eq!(missing.is_none(), permit.is_some(), "{:?} {:?} {:?}", asker, asked, missing);
        }
    }

    #[test]
    fn a_home_s_own_policies_only_take_away(
        own in 0..OWN.len(),
        grants in prop::collection::vec(grant_of_somebody(), 0..4),
        questions in prop::collection::vec((asker(), asked(), circumstances()), 1..20),
    ) {
        let (without, with) = (RULES.with_grants(grants.clone()), COMPILED[own].with_grants(grants));
        for (asker, asked, circumstances) in questions {
            let service = asker.service();
            let question = asked.question(asker.subject(service.as_ref()));
            match (answer(&without, &question, &circumstances), answer(&with, &question, &circumstances)) {
                (Ok(before), Ok(after)) => prop_assert_eq!(before, after),
                (Err(before), after) => prop_assert_eq!(Err(before), after),
                (Ok(_), Err(denial)) => prop_assert_eq!(denial.code, "home-policy"),
            }
        }
    }
}

#[test]
fn so_many_answers_are_kept_and_no_more() {
    let rules = RULES.with_grants([]).keeping_at_most(3);
    let (circumstances, service) = (in_a(Environment::Production), service(&[Purpose::Tax], &[]));
    let mut kept = Vec::new();
    for id in ["A", "B", "B", "C", "D"] {
        let seller = seller(id);
        let _ =
            rules.decide(Subject::Service(&service), &Action::Reveal(&seller, Purpose::Tax), &circumstances);
        kept.push(rules.answers_kept());
    }
    assert_eq!(kept, [1, 2, 2, 3, 1], "at N, and at N plus 1");
    let _ = rules.decide(Subject::Service(&service), &Action::Administer, &circumstances);
    assert_eq!(rules.answers_kept(), 1, "a reveal alone is kept");
}
