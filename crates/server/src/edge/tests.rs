use bailee_core::RequestId;

use super::*;

#[tokio::test]
async fn a_panic_becomes_a_problem_and_a_fault_without_its_message() {
    let mut response = without_panic(async { panic!("Juniper Fernsby") }).await;
    let problem = response.extensions_mut().remove::<Problem>().unwrap();
    assert_eq!(problem.fault(), Some(Fault::new("panic", "handler")));
    let request = RequestId([0; 16]);
    assert_eq!(problem.render(&response, request).status(), 500);
    assert!(!problem.json(request).contains("Juniper"));
}
