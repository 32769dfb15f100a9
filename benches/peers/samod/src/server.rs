//! samod's server: it keeps documents in files and takes connections.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use samod::storage::TokioFilesystemStorage;
use samod::{Repo, ShareConfig, Url};

/// Serves a folder for ever.
pub async fn serve(folder: &str, port: u16) {
    let share = ShareConfig::read_write().with_announce(false);
    let storage = TokioFilesystemStorage::new(folder);
    let repo = Repo::build_tokio().with_storage(storage).with_share_policy(share).load().await;
    let acceptor = repo.make_acceptor(Url::parse("tcp://127.0.0.1").unwrap()).unwrap();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let _ = acceptor.accept_tokio_io(stream);
    }
}

/// A server in a process of its own, killed when dropped.
pub struct Server {
    child: Child,
    pub port: u16,
    pub started: Duration,
}

impl Server {
    pub fn start(folder: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let begin = Instant::now();
        let program = std::env::current_exe().unwrap();
        let child = Command::new(program).args(["server", folder, &port.to_string()]).spawn().unwrap();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Self { child, port, started: begin.elapsed() }
    }

    /// Memory of the process, in MiB.
    pub fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
