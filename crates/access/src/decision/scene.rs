//! A question as Cedar is asked it: who, what, on what, under which circumstances, and what is known of each.

use std::collections::{HashMap, HashSet};
use std::str::FromStr as _;
use std::sync::Arc;

use bailee_core::{GrantId, PrincipalId, SellerId};
use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression, Schema,
};

use super::question::Question;
use super::rules::RulesError;
use super::{Action, Circumstances, Field, Subject};
use crate::grant::Grant;

/// The one entity that stands for the home: a decision is always about one home.
const HOME: &str = "this";

/// The names of what there is, parsed once.
pub(super) struct Stage {
    schema: Schema,
    authorizer: Authorizer,
    types: HashMap<&'static str, EntityTypeName>,
}

/// What Cedar answered. A policy that could not be evaluated permits nothing, and forbids what it is asked about.
pub(super) struct Told {
    pub(super) is_allowed: bool,
    /// The policies that decided, by name; none where nothing permits.
    pub(super) policies: Vec<String>,
}

impl Told {
    /// Nothing can be asked that does not fit the schema, so it is refused.
    const REFUSED: Self = Self { is_allowed: false, policies: Vec::new() };
}

type Members = Vec<(String, RestrictedExpression)>;

impl Stage {
    pub(super) fn new(schema: Schema) -> Result<Self, RulesError> {
        const TYPES: [&str; 12] = [
            "Action",
            "Class",
            "Environment",
            "Field",
            "Grant",
            "Home",
            "Kind",
            "Person",
            "Purpose",
            "Role",
            "Seller",
            "Service",
        ];
        let parsed =
            TYPES.map(|name| Ok((name, EntityTypeName::from_str(name).map_err(RulesError::own_fault)?)));
        let types = parsed.into_iter().collect::<Result<_, RulesError>>()?;
        Ok(Self { schema, authorizer: Authorizer::new(), types })
    }

    /// Asks. `grants` are those of who asks; `tried` is the one under which it is asked.
    pub(super) fn ask(
        &self,
        policies: &PolicySet,
        question: &Question<'_>,
        (grants, tried): (&[Arc<Grant>], Option<&Grant>),
        circumstances: &Circumstances,
    ) -> Told {
        let asked = self.request(question, tried, circumstances);
        let known = self.entities(question, grants, tried);
        let (Some(request), Some(entities)) = (asked, known) else { return Told::REFUSED };
        let response = self.authorizer.is_authorized(&request, policies, &entities);
        let failed: Vec<String> = response
            .diagnostics()
            .errors()
            .map(|AuthorizationError::PolicyEvaluationError(error)| error.policy_id().to_string())
            .collect();
        let is_allowed = response.decision() == Decision::Allow && failed.is_empty();
        let decided = response.diagnostics().reason().map(ToString::to_string);
        let mut policies: Vec<String> = if failed.is_empty() { decided.collect() } else { failed };
        policies.sort();
        Told { is_allowed, policies }
    }

    fn request(
        &self,
        question: &Question<'_>,
        tried: Option<&Grant>,
        circumstances: &Circumstances,
    ) -> Option<Request> {
        let mut members = self.circumstances(circumstances)?;
        let mut member = |name: &str, value| members.push((name.to_owned(), value));
        if let Some(purpose) = question.action.purpose() {
            member("purpose", self.reference("Purpose", purpose.as_str())?);
        }
        if matches!(question.action, Action::Find(..)) {
            member("classes", self.set("Class", question.classes().iter().map(|class| class.as_str()))?);
        }
        if question.is_by_grant() {
            let spent = tried.map_or(0, |grant| circumstances.spent_today.under(grant.id));
            member("spent_under_grant", number(spent));
            if let Some(grant) = tried {
                member("grant", self.reference("Grant", &grant.id.to_string())?);
            }
        }
        let context = Context::from_pairs(members).ok()?;
        let action = self.uid("Action", question.action.code())?;
        Request::new(self.principal(question)?, action, self.resource(question)?, context, Some(&self.schema))
            .ok()
    }

    fn circumstances(&self, circumstances: &Circumstances) -> Option<Members> {
        let Circumstances { environment, now, hour, ticket, device, alone, spent_today, .. } = circumstances;
        let mut members = vec![
            ("environment".to_owned(), self.reference("Environment", environment.as_str())?),
            ("ticket".to_owned(), RestrictedExpression::new_bool(*ticket)),
            ("device".to_owned(), RestrictedExpression::new_bool(*device)),
            ("alone".to_owned(), RestrictedExpression::new_bool(*alone)),
            ("hour".to_owned(), RestrictedExpression::new_long(i64::from(*hour))),
            ("spent_today".to_owned(), number(spent_today.all())),
            ("now".to_owned(), RestrictedExpression::new_long(now.as_second())),
        ];
        if let Some(address) = circumstances.address {
            members.push(("address".to_owned(), RestrictedExpression::new_ip(address.to_string())));
        }
        if let Some(age) = circumstances.factor_age_seconds {
            members.push(("factor_age_seconds".to_owned(), RestrictedExpression::new_long(age)));
        }
        Some(members)
    }

    /// Who asks, what it is about, and what both hang on.
    fn entities(
        &self,
        question: &Question<'_>,
        grants: &[Arc<Grant>],
        tried: Option<&Grant>,
    ) -> Option<Entities> {
        let mut known = vec![self.caller(question, grants)?];
        let home = self.uid("Home", HOME)?;
        if let Some(seller) = question.seller() {
            known.push(Entity::new_no_attrs(
                self.uid("Seller", seller.as_str())?,
                HashSet::from([home.clone()]),
            ));
        }
        if let Some(field) = &question.field {
            known.push(self.field(field)?);
        }
        if let Some(grant) = tried {
            known.push(self.grant(grant)?);
        }
        known.push(Entity::with_uid(home));
        Entities::from_entities(known, None).ok()
    }

    fn caller(&self, question: &Question<'_>, grants: &[Arc<Grant>]) -> Option<Entity> {
        let uid = self.principal(question)?;
        let granted = ("grants".to_owned(), self.grants(grants.iter().map(|grant| grant.id))?);
        let (members, parents) = match question.subject {
            Subject::Person { roles, .. } => {
                let roles =
                    roles.iter().map(|role| self.uid("Role", role.as_str())).collect::<Option<_>>()?;
                (HashMap::from([granted]), roles)
            }
            Subject::Service(service) => {
                let sellers = self.set("Seller", service.sellers.iter().map(SellerId::as_str))?;
                let purposes =
                    self.set("Purpose", service.purposes.iter().map(|purpose| purpose.as_str()))?;
                let classes = self.set("Class", service.classes.iter().map(|class| class.as_str()))?;
                let members = [("sellers", sellers), ("purposes", purposes), ("classes", classes)];
                let members = members.map(|(name, value)| (name.to_owned(), value));
                (members.into_iter().chain([granted]).collect(), HashSet::new())
            }
        };
        Entity::new(uid, members, parents).ok()
    }

    fn field(&self, field: &Field<'_>) -> Option<Entity> {
        let seller = field.seller.as_str();
        let members = HashMap::from([
            ("seller".to_owned(), self.reference("Seller", seller)?),
            ("kind".to_owned(), self.reference("Kind", field.kind.as_str())?),
            ("class".to_owned(), self.reference("Class", field.class.as_str())?),
            ("purposes".to_owned(), self.set("Purpose", field.purposes.iter().map(|one| one.as_str()))?),
        ]);
        let uid = self.uid("Field", &name_of(field))?;
        Entity::new(uid, members, HashSet::from([self.uid("Seller", seller)?])).ok()
    }

    fn grant(&self, grant: &Grant) -> Option<Entity> {
        let members = HashMap::from([
            ("seller".to_owned(), self.reference("Seller", grant.seller.as_str())?),
            ("classes".to_owned(), self.set("Class", grant.classes.iter().map(|class| class.as_str()))?),
            ("purpose".to_owned(), self.reference("Purpose", grant.purpose.as_str())?),
            ("until".to_owned(), RestrictedExpression::new_long(grant.until.as_second())),
            ("fields_a_day".to_owned(), number(grant.fields_a_day)),
        ]);
        Entity::new(self.uid("Grant", &grant.id.to_string())?, members, HashSet::new()).ok()
    }

    fn principal(&self, question: &Question<'_>) -> Option<EntityUid> {
        match question.subject.principal() {
            PrincipalId::Person(id) => self.uid("Person", &id.to_string()),
            PrincipalId::Service(id) => self.uid("Service", &id.to_string()),
            PrincipalId::System | PrincipalId::Anonymous => None,
        }
    }

    fn resource(&self, question: &Question<'_>) -> Option<EntityUid> {
        match (&question.field, question.seller()) {
            (Some(field), _) => self.uid("Field", &name_of(field)),
            (None, Some(seller)) => self.uid("Seller", seller.as_str()),
            (None, None) => self.uid("Home", HOME),
        }
    }

    fn uid(&self, name: &str, id: &str) -> Option<EntityUid> {
        let name = self.types.get(name)?.clone();
        Some(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
    }

    fn reference(&self, name: &str, id: &str) -> Option<RestrictedExpression> {
        self.uid(name, id).map(RestrictedExpression::new_entity_uid)
    }

    fn set<'s>(&self, name: &str, ids: impl Iterator<Item = &'s str>) -> Option<RestrictedExpression> {
        let members: Vec<_> = ids.map(|id| self.reference(name, id)).collect::<Option<_>>()?;
        Some(RestrictedExpression::new_set(members))
    }

    fn grants(&self, ids: impl Iterator<Item = GrantId>) -> Option<RestrictedExpression> {
        let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
        self.set("Grant", ids.iter().map(String::as_str))
    }
}

/// A field is what is decided alike: it has no name of its own here.
fn name_of(field: &Field<'_>) -> String {
    format!("{}/{}/{}", field.seller, field.kind, field.class)
}

/// A count as Cedar knows it. None of the limits here comes near its largest number.
fn number(count: u64) -> RestrictedExpression {
    RestrictedExpression::new_long(i64::try_from(count).unwrap_or(i64::MAX))
}
