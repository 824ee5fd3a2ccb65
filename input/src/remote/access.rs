//! Access: how a service is reached and as whom, from a connection or from the environment.

mod profile;

use std::collections::BTreeMap;
use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::list::PaginatedListStore;
use object_store::local::LocalFileSystem;
use object_store::{ClientOptions, HeaderMap, HeaderValue, ObjectStore, RetryConfig};
use url::Url;

use super::location::{Service, is_loopback};
use super::{Error, Location, Patience};
use crate::secret::Secret;
use profile::Profile;

/// How a service is reached, and as whom.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The address of the service, where it is not the public one: `https://minio.example.com`.
    pub endpoint: Option<String>,
    /// The region of the bucket, for S3; otherwise that of the environment or the profile, or `us-east-1`.
    pub region: Option<String>,
    /// The account, for Azure, where the location does not name it.
    pub account: Option<String>,
    /// Whether the bucket is part of the path and not of the host, for S3. With an endpoint it always is.
    pub path_style: bool,
    /// Whether servers of other machines may be spoken to without encryption.
    pub allow_http: bool,
    /// As whom.
    pub credentials: Credentials,
    /// How long is waited, and how often is tried.
    pub patience: Patience,
}

/// As whom a service is asked.
#[derive(Clone, Debug, Default)]
pub enum Credentials {
    /// As the environment says: its variables, then the files of its tools (profiles of AWS, the default
    /// credentials of Google), then the identity of the machine. A web server is asked as nobody.
    #[default]
    Environment,
    /// As nobody.
    Anonymous,
    /// With keys of S3.
    Keys {
        /// Which key; not a secret by itself.
        access_key_id: Secret,
        /// The key.
        secret_access_key: Secret,
        /// For keys that expire.
        session_token: Option<Secret>,
    },
    /// With a shared access signature of Azure.
    SasToken(Secret),
    /// With the key of an account of Azure, in base64.
    AccountKey(Secret),
    /// With the key of a service account of Google, a JSON document.
    ServiceAccount(Secret),
    /// With a token that is sent along: to a web server, Azure or Google.
    Bearer(Secret),
}

impl Credentials {
    /// From the secrets of a connection by their names: `access_key_id` and `secret_access_key` with or
    /// without `session_token`, `sas_token`, `account_key`, `service_account_json`, or `bearer_token`. None
    /// at all is [`Credentials::Environment`].
    ///
    /// # Errors
    /// A name is not known, or the names belong to different ways, or one is missing.
    pub fn named(mut secrets: BTreeMap<String, Secret>) -> Result<Self, Error> {
        let mut take = |name: &str| secrets.remove(name);
        let credentials = match (take("access_key_id"), take("secret_access_key")) {
            (Some(access_key_id), Some(secret_access_key)) => Self::Keys {
                access_key_id,
                secret_access_key,
                session_token: take("session_token"),
            },
            (Some(_), None) | (None, Some(_)) => {
                return Err(Error::Data(
                    "`access_key_id` and `secret_access_key` go together, and one is missing"
                        .into(),
                ));
            }
            (None, None) => {
                let found = take("sas_token").map(Self::SasToken);
                let found = found.or_else(|| take("account_key").map(Self::AccountKey));
                let found =
                    found.or_else(|| take("service_account_json").map(Self::ServiceAccount));
                found.or_else(|| take("bearer_token").map(Self::Bearer)).unwrap_or_default()
            }
        };
        match secrets.into_keys().next() {
            None => Ok(credentials),
            Some(name) => Err(Error::Data(format!(
                "the secret `{name}` is not known, or does not go with the others; give `access_key_id` and \
                 `secret_access_key` (and `session_token`), or one of `sas_token`, `account_key`, \
                 `service_account_json` and `bearer_token`"
            ))),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Environment => "those of the environment",
            Self::Anonymous => "none",
            Self::Keys { .. } => "`access_key_id` and `secret_access_key`",
            Self::SasToken(_) => "`sas_token`",
            Self::AccountKey(_) => "`account_key`",
            Self::ServiceAccount(_) => "`service_account_json`",
            Self::Bearer(_) => "`bearer_token`",
        }
    }
}

/// A store, twice: the second lists by a prefix that need not end with a folder.
type Opened = (Arc<dyn ObjectStore>, Option<Arc<dyn PaginatedListStore>>);

/// The store of a location.
pub(super) fn open(location: &Location, access: &Access) -> Result<Opened, Error> {
    // Another part of the program may have chosen it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match &location.service {
        Service::S3 { bucket } => s3(location, access, bucket),
        Service::Azure { container, account } => {
            azure(location, access, container, account.as_ref())
        }
        Service::Google { bucket } => google(location, access, bucket),
        Service::Web { origin, query } => web(location, access, origin, query.as_deref()),
        Service::Files => Ok((Arc::new(LocalFileSystem::new()), None)),
    }
}

fn s3(location: &Location, access: &Access, bucket: &str) -> Result<Opened, Error> {
    let builder = match &access.credentials {
        Credentials::Environment => s3_of_environment(),
        Credentials::Anonymous => AmazonS3Builder::new().with_skip_signature(true),
        Credentials::Keys { access_key_id, secret_access_key, session_token } => {
            let builder = AmazonS3Builder::new()
                .with_access_key_id(access_key_id.expose())
                .with_secret_access_key(secret_access_key.expose());
            match session_token {
                Some(token) => builder.with_token(token.expose()),
                None => builder,
            }
        }
        other => return Err(unfit(location, other)),
    };
    let mut builder = builder.with_bucket_name(bucket).with_retry(once());
    let region = access.region.clone();
    let region = region.or_else(|| variable("AWS_REGION"));
    let region = region.or_else(|| variable("AWS_DEFAULT_REGION"));
    if let Some(region) = region.or_else(|| Profile::of_environment().region) {
        builder = builder.with_region(region);
    }
    if let Some(endpoint) = &access.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    let endpoint = builder
        .get_config_value(&AmazonS3ConfigKey::S3Endpoint)
        .or_else(|| builder.get_config_value(&AmazonS3ConfigKey::Endpoint));
    // Buckets with dots match no certificate as parts of a host.
    let path_style = access.path_style || endpoint.is_some() || bucket.contains('.');
    let options = options(location, access, endpoint.as_deref())?;
    let builder =
        builder.with_virtual_hosted_style_request(!path_style).with_client_options(options);
    let store = Arc::new(builder.build().map_err(|error| unbuilt(location, &error))?);
    Ok((store.clone(), Some(store)))
}

/// With the keys of a profile, unless the variables of the environment say who asks.
fn s3_of_environment() -> AmazonS3Builder {
    let builder = AmazonS3Builder::from_env();
    let said = [
        "AWS_ACCESS_KEY_ID",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    if said.into_iter().any(|name| variable(name).is_some()) {
        return builder;
    }
    let profile = Profile::of_environment();
    let (Some(id), Some(key)) = (profile.access_key_id, profile.secret_access_key) else {
        return builder;
    };
    let builder = builder.with_access_key_id(id).with_secret_access_key(key);
    match profile.session_token {
        Some(token) => builder.with_token(token),
        None => builder,
    }
}

/// A variable of the environment; an empty one says nothing.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn azure(
    location: &Location,
    access: &Access,
    container: &str,
    named: Option<&(String, String)>,
) -> Result<Opened, Error> {
    let builder = match &access.credentials {
        Credentials::Environment => MicrosoftAzureBuilder::from_env(),
        Credentials::Anonymous => MicrosoftAzureBuilder::new().with_skip_signature(true),
        Credentials::AccountKey(key) => MicrosoftAzureBuilder::new().with_access_key(key.expose()),
        Credentials::SasToken(token) => MicrosoftAzureBuilder::new()
            .with_config(AzureConfigKey::SasKey, token.expose().trim_start_matches('?')),
        Credentials::Bearer(token) => {
            MicrosoftAzureBuilder::new().with_bearer_token_authorization(token.expose())
        }
        other => return Err(unfit(location, other)),
    };
    let mut builder = builder.with_container_name(container).with_retry(once());
    if let Some((account, domain)) = named {
        builder =
            builder.with_account(account).with_endpoint(format!("https://{account}.blob.{domain}"));
    } else if let Some(account) = &access.account {
        builder = builder.with_account(account);
    }
    if builder.get_config_value(&AzureConfigKey::AccountName).is_none() {
        return Err(Error::Data(format!(
            "{location}: no account is named; write \
             `abfss://{container}@account.dfs.core.windows.net/…`, or set the account of the connection"
        )));
    }
    if let Some(endpoint) = &access.endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    let endpoint = builder.get_config_value(&AzureConfigKey::Endpoint);
    let options = options(location, access, endpoint.as_deref())?;
    let builder = builder.with_client_options(options);
    let store = Arc::new(builder.build().map_err(|error| unbuilt(location, &error))?);
    Ok((store.clone(), Some(store)))
}

fn google(location: &Location, access: &Access, bucket: &str) -> Result<Opened, Error> {
    let builder = match &access.credentials {
        Credentials::Environment => GoogleCloudStorageBuilder::from_env(),
        Credentials::Anonymous => GoogleCloudStorageBuilder::new().with_skip_signature(true),
        Credentials::ServiceAccount(json) => {
            GoogleCloudStorageBuilder::new().with_service_account_key(json.expose())
        }
        Credentials::Bearer(token) => {
            GoogleCloudStorageBuilder::new().with_bearer_token(token.expose())
        }
        other => return Err(unfit(location, other)),
    };
    let mut builder = builder.with_bucket_name(bucket).with_retry(once());
    if let Some(endpoint) = &access.endpoint {
        builder = builder.with_base_url(endpoint);
    }
    let options = options(location, access, access.endpoint.as_deref())?;
    let builder = builder.with_client_options(options);
    let store = Arc::new(builder.build().map_err(|error| unbuilt(location, &error))?);
    Ok((store.clone(), Some(store)))
}

fn web(
    location: &Location,
    access: &Access,
    origin: &Url,
    query: Option<&str>,
) -> Result<Opened, Error> {
    let mut options = options(location, access, Some(origin.as_str()))?;
    match &access.credentials {
        Credentials::Environment | Credentials::Anonymous => {}
        Credentials::Bearer(token) => {
            let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
            let mut value = value.map_err(|_| {
                Error::Data(format!(
                    "{location}: the token of the connection is not one line of text"
                ))
            })?;
            value.set_sensitive(true);
            options = options.with_default_headers(HeaderMap::from_iter([(
                reqwest::header::AUTHORIZATION,
                value,
            )]));
        }
        other => return Err(unfit(location, other)),
    }
    let mut url = origin.clone();
    url.set_query(query);
    let builder = HttpBuilder::new().with_url(url).with_retry(once()).with_client_options(options);
    let store = builder.build().map_err(|error| unbuilt(location, &error))?;
    Ok((Arc::new(store), None))
}

/// No attempts of the library's own: each failure is judged here.
fn once() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

/// How the server at `endpoint` is spoken to.
///
/// # Errors
/// It would be without encryption, and may not.
fn options(
    location: &Location,
    access: &Access,
    endpoint: Option<&str>,
) -> Result<ClientOptions, Error> {
    let plain = match endpoint {
        None => false,
        Some(endpoint) => {
            let url = Url::parse(endpoint).ok().filter(|url| url.has_host());
            let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
            let url = url.ok_or_else(|| {
                Error::Data(format!(
                    "{location}: the endpoint of the connection is no address such as \
                     `https://storage.example.com`, without a user name"
                ))
            })?;
            let plain = url.scheme() == "http";
            if plain && !access.allow_http && !is_loopback(&url) {
                return Err(Error::Data(format!(
                    "{location}: `{}` would be spoken to without encryption; use `https`, or allow `http` in the \
                     connection",
                    url.host_str().unwrap_or_default()
                )));
            }
            plain
        }
    };
    Ok(ClientOptions::new()
        .with_allow_http(plain)
        .with_timeout_disabled()
        .with_connect_timeout(access.patience.connect)
        .with_read_timeout(access.patience.read)
        .with_user_agent(HeaderValue::from_static(concat!("assay/", env!("CARGO_PKG_VERSION")))))
}

fn unfit(location: &Location, credentials: &Credentials) -> Error {
    Error::Data(format!(
        "{location}: the secrets of the connection ({}) are not of a kind that {} takes",
        credentials.name(),
        location.service.name()
    ))
}

/// What the library says of a configuration may repeat a secret, so that it is not shown.
fn unbuilt(location: &Location, error: &object_store::Error) -> Error {
    if error.to_string().contains("HTTP client") {
        return Error::Resource(format!(
            "{location}: this machine has no means for a connection; check its certificates"
        ));
    }
    Error::Data(format!(
        "{location}: a secret of the connection, or of the environment, is malformed or incomplete for {}",
        location.service.name()
    ))
}
