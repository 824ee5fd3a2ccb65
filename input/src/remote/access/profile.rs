//! The files in which the tools of AWS keep keys and regions by the names of profiles.

use std::path::PathBuf;

use super::variable;

/// What a profile says. It has no printed form, as the keys are secrets.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) access_key_id: Option<String>,
    pub(super) secret_access_key: Option<String>,
    pub(super) session_token: Option<String>,
    pub(super) region: Option<String>,
}

impl Profile {
    /// The profile of `AWS_PROFILE`, or `default`; what cannot be read says nothing.
    pub(super) fn of_environment() -> Self {
        let name = variable("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
        let file = |named, usual| {
            let path = variable(named).map(PathBuf::from);
            let path = path.or_else(|| Some(std::env::home_dir()?.join(".aws").join(usual)))?;
            std::fs::read_to_string(path).ok()
        };
        let mut profile = Self::default();
        // The file of keys counts for more, and has no word before the name.
        if let Some(text) = file("AWS_CONFIG_FILE", "config") {
            profile.read(&text, &name);
            profile.read(&text, &format!("profile {name}"));
        }
        if let Some(text) = file("AWS_SHARED_CREDENTIALS_FILE", "credentials") {
            profile.read(&text, &name);
        }
        profile
    }

    /// Takes over what the section of that name says.
    fn read(&mut self, text: &str, section: &str) {
        let mut within = false;
        for line in text.lines().filter(|line| !line.starts_with([' ', '\t'])) {
            let line = line.trim();
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                within = name.trim() == section;
            }
            let Some((name, value)) = line.split_once('=').filter(|_| within) else { continue };
            let value = Some(value.trim().to_owned());
            match name.trim() {
                "aws_access_key_id" => self.access_key_id = value,
                "aws_secret_access_key" => self.secret_access_key = value,
                "aws_session_token" => self.session_token = value,
                "region" => self.region = value,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_of_the_name_counts_alone() {
        let text = "# keys\n[default]\naws_access_key_id = A\naws_secret_access_key=B=\n\
                    s3 =\n  region = nested\n[other]\naws_access_key_id = C\nregion = r\n";
        let read = |section| {
            let mut profile = Profile::default();
            profile.read(text, section);
            profile
        };
        let default = read("default");
        assert_eq!(default.access_key_id.as_deref(), Some("A"));
        assert_eq!(default.secret_access_key.as_deref(), Some("B="));
        assert_eq!(default.region, None);
        assert_eq!(read("other").region.as_deref(), Some("r"));
        assert!(read("none") == Profile::default());
    }
}
