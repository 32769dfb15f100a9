//! Writes every page with sample values as a file, with the assets beside it: `cargo run -p web-ui --example gallery -- FOLDER`.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("say which folder to write to")?);
    std::fs::create_dir_all(folder.join("assets"))?;
    for asset in web_ui::assets::ALL {
        std::fs::write(folder.join(asset.address.trim_start_matches('/')), asset.content)?;
    }
    for (name, html) in web_ui::pages::samples() {
        // Files have no root: the addresses of the assets become relative ones.
        std::fs::write(
            folder.join(format!("{name}.html")),
            html?.replace("\"/assets/", "\"assets/"),
        )?;
    }
    Ok(())
}
