//! The local door: who may speak to the node's pages and API at all.

use anyhow::{Context, Result, ensure};
use tests::node::Node;
use tests::wire::http;

/// A node with one workspace, its `HOST:PORT`, and the token.
async fn house() -> Result<(Node, String, String)> {
    let mut node = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    node.start().await?;
    node.api()?.found("Heronsgate 4711").await?;
    let address = node.address()?.trim_start_matches("http://").to_owned();
    let token =
        std::fs::read_to_string(node.data().join("api-token")).context("reading the token")?;
    Ok((node, address, token.trim().to_owned()))
}

#[tokio::test]
async fn without_its_token_the_api_says_nothing() -> Result<()> {
    let (_node, address, token) = house().await?;
    let right = format!("Bearer {token}");
    let cut = format!("Bearer {}", token.get(1..).context("a token is longer than that")?);
    for path in ["/api/v1/status", "/api/v1/workspaces", "/api/v1/events", "/api/v1/nothing"] {
        for wrong in [
            None,
            Some("Bearer "),
            Some("Bearer x"),
            Some(cut.as_str()),
            Some("Basic Zm9vOmJhcg=="),
        ] {
            let mut headers = vec![("Host", address.as_str())];
            headers.extend(wrong.map(|value| ("Authorization", value)));
            let (status, said) = http(&address, &format!("GET {path}"), &headers, "").await?;
            ensure!(status == 401, "{path} with {wrong:?}: {said}");
            ensure!(!said.contains("Heronsgate"), "{said}");
        }
    }
    let headers = [("Host", address.as_str()), ("Authorization", right.as_str())];
    let (status, said) = http(&address, "GET /api/v1/workspaces", &headers, "").await?;
    ensure!(status == 200 && said.contains("Heronsgate"), "{said}");
    Ok(())
}

#[tokio::test]
async fn under_another_name_nothing_is_answered() -> Result<()> {
    let (_node, address, token) = house().await?;
    let port = address.rsplit(':').next().context("an address has a port")?;
    let right = format!("Bearer {token}");
    let hostile = [
        String::from("evil.example"),
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        String::from("127.0.0.1:1"),
        format!("0.0.0.0:{port}"),
        String::new(),
    ];
    for path in ["/", "/sign-in", "/workspaces", "/api/v1/workspaces", "/healthz", "/metrics"] {
        for host in &hostile {
            let headers = [("Host", host.as_str()), ("Authorization", right.as_str())];
            let (status, said) = http(&address, &format!("GET {path}"), &headers, "").await?;
            ensure!(status == 421 || status == 400, "{path} under {host:?}: {said}");
            ensure!(!said.contains("Heronsgate"), "{said}");
        }
    }
    let (status, said) = http(&address, "GET /healthz", &[("Host", &address)], "").await?;
    ensure!(status == 200, "{said}");
    Ok(())
}

#[tokio::test]
async fn a_form_from_another_site_or_from_nowhere_is_refused() -> Result<()> {
    let (node, address, _token) = house().await?;
    let own = format!("http://{address}");
    let link = node.login_url()?;
    let token = link.split("token=").nth(1).context("a link has a token")?;
    let form = format!("link={token}");
    let foreign = [
        None,
        Some("null"),
        Some("http://evil.example"),
        Some("http://127.0.0.1:1"),
        Some("https://evil.example"),
        Some(""),
    ];
    for path in ["/start", "/sign-in", "/workspaces/new", "/join"] {
        for origin in foreign {
            let mut headers = vec![
                ("Host", address.as_str()),
                ("Content-Type", "application/x-www-form-urlencoded"),
            ];
            headers.extend(origin.map(|value| ("Origin", value)));
            let (status, said) = http(&address, &format!("POST {path}"), &headers, &form).await?;
            ensure!(status == 403, "{path} from {origin:?}: {said}");
            ensure!(!said.to_lowercase().contains("set-cookie"), "{said}");
        }
        let headers = [
            ("Host", address.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Origin", own.as_str()),
            ("Sec-Fetch-Site", "cross-site"),
        ];
        let (status, said) = http(&address, &format!("POST {path}"), &headers, &form).await?;
        ensure!(status == 403, "{path} across sites: {said}");
    }
    // None of those used the link up.
    let headers = [
        ("Host", address.as_str()),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Origin", own.as_str()),
    ];
    let (status, said) = http(&address, "POST /start", &headers, &form).await?;
    ensure!(status == 303 && said.to_lowercase().contains("set-cookie"), "{said}");
    let (status, said) = http(&address, "POST /start", &headers, &form).await?;
    ensure!(!said.to_lowercase().contains("set-cookie"), "a link worked twice: {status} {said}");
    Ok(())
}

#[tokio::test]
async fn a_live_connection_from_another_site_is_refused() -> Result<()> {
    let (_node, address, _token) = house().await?;
    for origin in [None, Some("null"), Some("http://evil.example"), Some("http://127.0.0.1:1")] {
        let mut headers = vec![
            ("Host", address.as_str()),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        headers.extend(origin.map(|value| ("Origin", value)));
        for path in ["/live", "/documents/any/live", "/"] {
            let (status, said) = http(&address, &format!("GET {path}"), &headers, "").await?;
            ensure!(status == 403, "{path} from {origin:?}: {said}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn no_page_lets_another_site_read_or_frame_it() -> Result<()> {
    let (_node, address, _token) = house().await?;
    let headers = [("Host", address.as_str()), ("Origin", "http://evil.example")];
    for path in ["/", "/sign-in", "/api/v1/status", "/api/v1/openapi.json", "/healthz"] {
        let (_status, said) = http(&address, &format!("GET {path}"), &headers, "").await?;
        let said = said.to_lowercase();
        ensure!(!said.contains("access-control-allow"), "{path}: {said}");
        ensure!(said.contains("content-security-policy: default-src 'none'"), "{path}: {said}");
        ensure!(
            said.contains("frame-ancestors 'none'") && said.contains("nosniff"),
            "{path}: {said}"
        );
    }
    Ok(())
}
