#include "coordinator/store/sqlite_job_store.h"

#include <sqlite3.h>

#include <mutex>

#include "common/text.h"

namespace gvsl::coordinator {
namespace {

constexpr int kSchemaVersion = 1;
constexpr char kSchema[] = R"(
  CREATE TABLE jobs(uid TEXT PRIMARY KEY, position INTEGER NOT NULL UNIQUE, body BLOB NOT NULL);
  CREATE TABLE events(position INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL,
                      body BLOB NOT NULL);
  CREATE INDEX events_by_uid ON events(uid, position);
  CREATE TABLE requests(request_id TEXT PRIMARY KEY, body_sha256 TEXT NOT NULL, uid TEXT NOT NULL);
)";

Status SqliteError(sqlite3* database, int code, const std::string& what) {
  const std::string message =
      Concat(what, ": ", database ? sqlite3_errmsg(database) : sqlite3_errstr(code));
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return DataLossError(message);
    case SQLITE_FULL:
      return ResourceExhaustedError(message);
    case SQLITE_BUSY:
    case SQLITE_IOERR:
      return UnavailableError(message);
    default:
      return InternalError(message);
  }
}

class Statement {
 public:
  Statement(sqlite3* database, const char* sql) : database_(database), sql_(sql) {
    code_ = sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(const std::string& text) {
    if (code_ == SQLITE_OK) {
      code_ = sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                                SQLITE_TRANSIENT);
    }
    return *this;
  }
  Statement& BindBytes(const std::string& bytes) {
    if (code_ == SQLITE_OK) {
      code_ = sqlite3_bind_blob(statement_, ++bound_, bytes.data(), static_cast<int>(bytes.size()),
                                SQLITE_TRANSIENT);
    }
    return *this;
  }
  Statement& Bind(std::int64_t value) {
    if (code_ == SQLITE_OK) code_ = sqlite3_bind_int64(statement_, ++bound_, value);
    return *this;
  }
  // True while there is a row.
  bool Step() {
    if (code_ != SQLITE_OK && code_ != SQLITE_ROW) return false;
    code_ = sqlite3_step(statement_);
    return code_ == SQLITE_ROW;
  }
  std::string Text(int column) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return data == nullptr ? "" : std::string(data, sqlite3_column_bytes(statement_, column));
  }
  std::int64_t Integer(int column) { return sqlite3_column_int64(statement_, column); }
  Status Finish() {
    while (Step()) {
    }
    return code_ == SQLITE_DONE ? OkStatus() : SqliteError(database_, code_, sql_);
  }

 private:
  sqlite3* database_;
  const char* sql_;
  sqlite3_stmt* statement_ = nullptr;
  int code_ = SQLITE_OK;
  int bound_ = 0;
};

template <typename Message>
StatusOr<Message> Parse(const std::string& bytes) {
  Message message;
  if (!message.ParseFromString(bytes)) return DataLossError("a record of the job store is damaged");
  return message;
}

class SqliteJobStore final : public JobStore {
 public:
  explicit SqliteJobStore(sqlite3* database) : database_(database) {}
  ~SqliteJobStore() override { sqlite3_close(database_); }

  Status Prepare() {
    GVSL_RETURN_IF_ERROR(Execute("PRAGMA journal_mode=WAL"));
    GVSL_RETURN_IF_ERROR(Execute("PRAGMA synchronous=FULL"));
    Statement check(database_, "PRAGMA quick_check(1)");
    if (check.Step() && check.Text(0) != "ok") return DataLossError(check.Text(0));
    GVSL_RETURN_IF_ERROR(check.Finish());
    Statement version(database_, "PRAGMA user_version");
    const std::int64_t found = version.Step() ? version.Integer(0) : 0;
    GVSL_RETURN_IF_ERROR(version.Finish());
    if (found > kSchemaVersion) {
      return FailedPreconditionError(Concat("a newer program wrote it: schema version ", found,
                                            ", this program knows ", kSchemaVersion));
    }
    if (found == kSchemaVersion) return OkStatus();
    return Execute(Concat("BEGIN;", kSchema, "PRAGMA user_version=", kSchemaVersion, ";COMMIT"));
  }

  Status Apply(const StoreChange& change) override {
    const std::lock_guard lock(mutex_);
    GVSL_RETURN_IF_ERROR(Execute("BEGIN IMMEDIATE"));
    Status status = Write(change);
    if (status.ok()) status = Execute("COMMIT");
    if (!status.ok()) (void)Execute("ROLLBACK");
    return status;
  }

  StatusOr<std::vector<v1::StoredJob>> LoadJobs() override {
    const std::lock_guard lock(mutex_);
    std::vector<v1::StoredJob> jobs;
    Statement rows(database_, "SELECT body FROM jobs ORDER BY position");
    while (rows.Step()) {
      GVSL_ASSIGN_OR_RETURN(jobs.emplace_back(), Parse<v1::StoredJob>(rows.Text(0)));
    }
    GVSL_RETURN_IF_ERROR(rows.Finish());
    return jobs;
  }

  StatusOr<std::optional<RequestRecord>> FindRequest(const std::string& request_id) override {
    const std::lock_guard lock(mutex_);
    Statement rows(database_, "SELECT body_sha256, uid FROM requests WHERE request_id = ?");
    rows.Bind(request_id);
    std::optional<RequestRecord> found;
    if (rows.Step()) found = RequestRecord{request_id, rows.Text(0), rows.Text(1)};
    GVSL_RETURN_IF_ERROR(rows.Finish());
    return found;
  }

  StatusOr<EventPage> ListEvents(const std::string& job_uid, std::int64_t after,
                                 std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    EventPage page;
    Statement rows(database_,
                   "SELECT position, body FROM events WHERE uid = ? AND position > ? "
                   "ORDER BY position LIMIT ?");
    rows.Bind(job_uid).Bind(after).Bind(static_cast<std::int64_t>(limit) + 1);
    std::int64_t last = 0;
    while (rows.Step()) {
      if (page.events.size() == limit) {
        page.next = last;
        break;
      }
      last = rows.Integer(0);
      GVSL_ASSIGN_OR_RETURN(page.events.emplace_back(), Parse<v1::JobEvent>(rows.Text(1)));
    }
    GVSL_RETURN_IF_ERROR(rows.Finish());
    return page;
  }

 private:
  Status Execute(const std::string& sql) {
    const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? OkStatus() : SqliteError(database_, code, "job store");
  }

  Status Write(const StoreChange& change) {
    for (const v1::StoredJob& job : change.jobs) {
      Statement insert(database_,
                       "INSERT INTO jobs(uid, position, body) "
                       "VALUES(?, (SELECT COALESCE(MAX(position), 0) + 1 FROM jobs), ?) "
                       "ON CONFLICT(uid) DO UPDATE SET body = excluded.body");
      insert.Bind(job.job().uid()).BindBytes(job.SerializeAsString());
      GVSL_RETURN_IF_ERROR(insert.Finish());
    }
    for (const auto& [uid, event] : change.events) {
      Statement insert(database_, "INSERT INTO events(uid, body) VALUES(?, ?)");
      insert.Bind(uid).BindBytes(event.SerializeAsString());
      GVSL_RETURN_IF_ERROR(insert.Finish());
    }
    if (change.request) {
      Statement insert(database_, "INSERT INTO requests VALUES(?, ?, ?)");
      insert.Bind(change.request->request_id)
          .Bind(change.request->body_sha256)
          .Bind(change.request->job_uid);
      GVSL_RETURN_IF_ERROR(insert.Finish());
    }
    for (const std::string& uid : change.deleted) {
      for (const char* sql : {"DELETE FROM jobs WHERE uid = ?", "DELETE FROM events WHERE uid = ?",
                              "DELETE FROM requests WHERE uid = ?"}) {
        Statement remove(database_, sql);
        remove.Bind(uid);
        GVSL_RETURN_IF_ERROR(remove.Finish());
      }
    }
    return OkStatus();
  }

  std::mutex mutex_;
  sqlite3* const database_;
};

}  // namespace

StatusOr<std::unique_ptr<JobStore>> OpenSqliteJobStore(const std::string& path) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  auto store = std::make_unique<SqliteJobStore>(database);
  const std::string context = Concat("the job store ", path);
  if (code != SQLITE_OK) return SqliteError(database, code, context);
  const Status prepared = store->Prepare();
  if (!prepared.ok()) return prepared.WithContext(context);
  return std::unique_ptr<JobStore>(std::move(store));
}

}  // namespace gvsl::coordinator
