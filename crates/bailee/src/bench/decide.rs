//! How fast it is decided who may see a field: the reveal path of a service and of an operator with a grant, on one core.
//!
//! The limit beside it is what Cedar takes for the same question without anything kept.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bailee_access::decision::{Action, Circumstances, Field, Rules, Subject};
use bailee_access::grant::Grant;
use bailee_access::person::Role;
use bailee_access::service::Service;
use bailee_core::{Class, Environment, GrantId, Kind, PersonId, Purpose, SellerId, ServiceId, Timestamp};

use super::figure::{Figure, Measure, Unit};
use crate::failure::{Failure, Result};

/// Fields of a reveal: each is a decision, and so is whether the seller may be asked about at all.
const FIELDS: u64 = 10;

/// How many reveals are decided between two looks at the clock.
const REVEALS: u64 = 500;

/// Who asks, for what, of whom.
struct Scene {
    seller: SellerId,
    service: Service,
    operator: PersonId,
    rules: Rules,
    circumstances: Circumstances,
}

/// Decides for so long by each of the two.
pub(super) fn decide(now: Timestamp, lasts: Duration) -> Result<[Figure; 2]> {
    let scene = Scene::new(now)?;
    let service = Subject::Service(&scene.service);
    let operator = Subject::Person { id: scene.operator, roles: &[Role::Operator] };
    let figure = |figure, what, subject| -> Result<Figure> {
        let kept = scene.decisions(what, subject, lasts)?;
        Ok(Figure::beside(figure, kept, [scene.anew(subject, lasts)]))
    };
    Ok([
        figure("decide", "fields decided for a service, one core", service)?,
        figure("decide-grant", "fields decided for an operator with a grant, one core", operator)?,
    ])
}

impl Scene {
    fn new(now: Timestamp) -> Result<Self> {
        let seller: SellerId = "ALPHA".parse().map_err(Failure::failed)?;
        let (owner, operator) = (PersonId([1; 16]), PersonId([2; 16]));
        let classes = vec![Class::Identity, Class::Address];
        let service = Service {
            id: ServiceId([3; 16]),
            name: "labels".to_owned(),
            owner,
            sellers: vec![seller.clone()],
            purposes: vec![Purpose::Fulfilment],
            classes: classes.clone(),
            keys: Vec::new(),
            since: now,
        };
        let subject = Subject::Person { id: operator, roles: &[Role::Operator] };
        let grant = Grant {
            id: GrantId([4; 16]),
            principal: subject.principal(),
            seller: seller.clone(),
            classes,
            purpose: Purpose::Fulfilment,
            until: bailee_core::time::saturating_add(now, 60 * 60),
            fields_a_day: u64::MAX,
            asked_by: operator,
            approved_by: owner,
            since: now,
        };
        let rules = Rules::new("").map_err(Failure::failed)?.with_grants([grant]);
        let circumstances = Circumstances::at(Environment::Production, now);
        Ok(Self { seller, service, operator, rules, circumstances })
    }

    fn field(&self) -> Field<'_> {
        let purposes = &[Purpose::Fulfilment, Purpose::SubjectRequest];
        Field { seller: &self.seller, kind: Kind::Order, class: Class::Address, purposes }
    }

    /// As the gate asks.
    fn decisions(&self, what: &str, subject: Subject<'_>, lasts: Duration) -> Result<Measure> {
        let (field, begun, mut decided) = (self.field(), Instant::now(), 0);
        let refused = |_| Failure::failed("what the bench may see is refused to it");
        while begun.elapsed() < lasts {
            for _ in 0..REVEALS {
                let asked = Action::Reveal(&self.seller, Purpose::Fulfilment);
                self.rules.decide(subject, black_box(&asked), &self.circumstances).map_err(refused)?;
                for _ in 0..FIELDS {
                    let permit = self.rules.decide_field(
                        subject,
                        Purpose::Fulfilment,
                        black_box(&field),
                        &self.circumstances,
                    );
                    black_box(permit.map_err(refused)?);
                }
            }
            decided += REVEALS * (FIELDS + 1);
        }
        Ok(Measure::rate(what, Unit::Decisions, decided, begun.elapsed()))
    }

    /// With nothing kept: of a field, which asks whether the seller may be asked about first.
    fn anew(&self, subject: Subject<'_>, lasts: Duration) -> Measure {
        let (field, begun, mut decided) = (self.field(), Instant::now(), 0);
        while begun.elapsed() < lasts {
            let purpose = Purpose::Fulfilment;
            black_box(self.rules.explain_field(subject, purpose, black_box(&field), &self.circumstances));
            decided += 2;
        }
        Measure::rate("the same asked of Cedar anew, one core", Unit::Decisions, decided, begun.elapsed())
    }
}
