//! Tests of the typed forms.

use super::*;

fn posted(pairs: &[(&str, &str)]) -> Posted {
    Posted(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

#[test]
fn a_wrong_form_comes_back_as_typed_with_what_to_do() {
    let form =
        OrganizationForm::read(&posted(&[("name", "  "), ("sector", "vcs")])).parse().unwrap_err();
    assert_eq!(form.sector, Field::of("vcs"));
    assert_eq!(
        form.errors(),
        [FormError {
            field: "name".to_owned(),
            message: "Enter the name of your organisation".to_owned()
        }]
    );
}

#[test]
fn no_form_sends_a_password_back() {
    let short = PersonForm::read(&posted(&[("name", "Priya Shah"), ("password", "hunter2")]))
        .parse()
        .unwrap_err();
    assert_eq!((short.password.value.as_str(), short.password.error.is_some()), ("", true));
    let nobody = SignInForm::read(&posted(&[("password", "correct horse")])).parse().unwrap_err();
    assert_eq!(nobody.password.value, "");
    let change =
        PasswordForm::read(&posted(&[("current", "old"), ("new", "short")])).parse().unwrap_err();
    assert_eq!((change.current.value.as_str(), change.new.value.as_str()), ("", ""));
}

#[test]
fn an_invite_or_a_phrase_is_passed_on_as_it_was_typed() {
    let form = JoinForm::read(&posted(&[("invite", " above ability\r\n abstract \n")]));
    assert_eq!(form.parse().unwrap(), "above ability\r\n abstract");
    assert!(JoinForm::read(&posted(&[("invite", " \n")])).parse().is_err());
}

#[test]
fn an_invite_for_no_organisation_is_refused() {
    let typed = posted(&[("role", "editor"), ("days", "14"), ("uses", "0")]);
    let form = InviteForm::read(&typed).parse().unwrap_err();
    assert_eq!(form.errors().len(), 1);
    assert_eq!(
        InviteForm::fresh().parse().unwrap(),
        NewInvite { role: Role::Editor, days: 14, uses: 1, approval: false, only_for: None }
    );
}

#[test]
fn an_invite_for_one_organisation_names_it_by_its_key() {
    let typed = |only_for| {
        let fields = [("role", "editor"), ("days", "14"), ("uses", "1"), ("only_for", only_for)];
        InviteForm::read(&posted(&fields)).parse().map_err(|again| again.only_for)
    };
    let key = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw";
    assert_eq!(typed(key).unwrap().only_for, key.parse().ok());
    assert!(typed("Open Door").unwrap_err().error.is_some());
}

#[test]
fn a_workspace_is_founded_under_one_of_the_named_rules() {
    let form = WorkspaceForm { name: Field::of("Northmere"), ..WorkspaceForm::fresh() };
    assert_eq!(form.clone().parse().unwrap().2, Rules::default());
    let wrong = WorkspaceForm { rules: Field::of("whoever shouts"), ..form };
    assert_eq!(wrong.parse().unwrap_err().errors()[0].field, "rules");
}
