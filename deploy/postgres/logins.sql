-- The logins of a cluster's roles, each with the rights of one group of hub/ledger/postgres/roles.sql and a password of
-- its own, and the database. For psql, as a superuser, once; what the groups may do is granted by each migration.
-- 集群各角色的登录名与数据库;由超级用户用 psql 执行一次。
--
-- Passwords are read from files postgres-LOGIN in the folder $SECRETS, /run/secrets where it is not set.

\set ON_ERROR_STOP on
\set migrate `cat "${SECRETS:-/run/secrets}/postgres-migrate"`
\set door `cat "${SECRETS:-/run/secrets}/postgres-door"`
\set worker `cat "${SECRETS:-/run/secrets}/postgres-worker"`
\set issuer `cat "${SECRETS:-/run/secrets}/postgres-issuer"`
\set relay `cat "${SECRETS:-/run/secrets}/postgres-relay"`
\set console `cat "${SECRETS:-/run/secrets}/postgres-console"`

CREATE ROLE billhub_owner NOLOGIN;
CREATE ROLE billhub_worker NOLOGIN;
CREATE ROLE billhub_door NOLOGIN;
CREATE ROLE billhub_reader NOLOGIN;

CREATE ROLE migrate LOGIN PASSWORD :'migrate' IN ROLE billhub_owner;
CREATE ROLE door LOGIN PASSWORD :'door' IN ROLE billhub_door;
CREATE ROLE worker LOGIN PASSWORD :'worker' IN ROLE billhub_worker;
CREATE ROLE issuer LOGIN PASSWORD :'issuer' IN ROLE billhub_worker;
CREATE ROLE relay LOGIN PASSWORD :'relay' IN ROLE billhub_worker;
CREATE ROLE console LOGIN PASSWORD :'console' IN ROLE billhub_reader;
ALTER ROLE migrate SET role = 'billhub_owner';  -- what it makes belongs to the group

CREATE DATABASE billhub OWNER billhub_owner ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;
REVOKE ALL ON DATABASE billhub FROM PUBLIC;
GRANT CONNECT ON DATABASE billhub TO billhub_owner, billhub_worker, billhub_door, billhub_reader;
