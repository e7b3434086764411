#include <cerrno>
#include <csignal>

#include <sys/stat.h>

#include <pier/sandbox/confine.hpp>

#include "test_process.hpp"

namespace pier::sandbox {
namespace {

bool has_layer(const std::string& name) {
  for (const Layer& layer : available_layers()) {
    if (layer.name == name) return layer.active;
  }
  return false;
}

#define NEED_LAYER(name) \
  if (!has_layer(name)) GTEST_SKIP() << "this machine or build has no " << (name)

int refused_with(int number) {
  return 10 + number;
}

/// The same act with and without confinement: the second is the control.
void expect_refused(const std::vector<std::string>& act, int number) {
  std::vector<std::string> confined{"confined"};
  confined.insert(confined.end(), act.begin(), act.end());
  const ChildExit exit = run_child(confined);
  EXPECT_EQ(exit.exit_code, refused_with(number)) << "signal " << exit.signal << " " << exit.stderr_tail;
  const ChildExit control = run_child(act);
  EXPECT_EQ(control.exit_code, 0) << "unconfined: " << control.exit_code;
}

void expect_killed(const std::string& act) {
  const ChildExit exit = run_child({"confined", act});
  EXPECT_EQ(exit.signal, SIGSYS) << "exit code " << exit.exit_code << " " << exit.stderr_tail;
  EXPECT_EQ(child_error(exit, "decode").code, ErrorCode::kCrashed);
  EXPECT_EQ(run_child({act}).exit_code, 0);
}

TEST(Confine, files_outside_cannot_be_read) {
  NEED_LAYER("landlock");
  expect_refused({"read", "/etc/passwd"}, EACCES);
  expect_refused({"read", "/proc/1/status"}, EACCES);
  expect_refused({"read", "/tmp"}, EACCES);
}

TEST(Confine, libraries_fonts_and_topology_can_be_read) {
  for (const char* path :
       {"/usr/lib", "/etc/ld.so.cache", "/sys/devices/system/cpu/online", "/proc/cpuinfo", "/proc/self/status"}) {
    const ChildExit exit = run_child({"confined", "read", path});
    EXPECT_EQ(exit.exit_code, 0) << path << " " << exit.stderr_tail;
  }
}

TEST(Confine, nothing_can_be_written) {
  NEED_LAYER("system_call_filter");
  std::string path = "/tmp/pier-sandbox-test-" + std::to_string(getpid());
  expect_refused({"write", path}, EPERM);
  EXPECT_EQ(unlink(path.c_str()), 0) << "the control has made it";
}

TEST(Confine, sockets_kill) {
  NEED_LAYER("system_call_filter");
  expect_killed("socket");
}

TEST(Confine, exec_kills) {
  NEED_LAYER("system_call_filter");
  expect_killed("exec");
}

TEST(Confine, ptrace_kills) {
  NEED_LAYER("system_call_filter");
  expect_killed("ptrace");
}

TEST(Confine, the_parent_cannot_be_killed) {
  NEED_LAYER("system_call_filter");
  EXPECT_EQ(run_child({"confined", "kill_parent"}).exit_code, refused_with(EPERM));
}

TEST(Confine, processes_and_namespaces_cannot_be_made) {
  NEED_LAYER("system_call_filter");
  expect_refused({"fork"}, EPERM);
  EXPECT_EQ(run_child({"confined", "namespace"}).exit_code, refused_with(EPERM));
  EXPECT_EQ(run_child({"confined", "clone3"}).exit_code, refused_with(ENOSYS));
}

TEST(Confine, memory_is_never_executable) {
  NEED_LAYER("system_call_filter");
  expect_refused({"mprotect"}, EPERM);
  expect_refused({"mmap"}, EPERM);
}

TEST(Confine, devices_and_the_bond_are_out_of_reach) {
  NEED_LAYER("system_call_filter");
  EXPECT_EQ(run_child({"confined", "ioctl"}).exit_code, refused_with(ENOTTY));
  expect_refused({"forget_parent"}, EPERM);
}

TEST(Confine, threads_gconv_and_passed_descriptors_work) {
  EXPECT_EQ(run_child({"confined", "thread"}).exit_code, 0);
  EXPECT_EQ(run_child({"confined", "iconv"}).exit_code, 0);
  const UniqueFd file(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  ChildSpec spec = test_child({"confined", "copy"});
  spec.descriptors = {{file.get(), 3}};
  EXPECT_NE(output_of(spec).find("root:"), std::string::npos);
}

TEST(Confine, root_is_given_up) {
  if (kSanitized) GTEST_SKIP() << "confinement is off in a build with sanitizers";
  if (geteuid() != 0) GTEST_SKIP() << "only root has privileges to drop";
  EXPECT_EQ(output_of(test_child({"confined", "user"})), "65534 65534 65534 0 -1");
  EXPECT_TRUE(output_of(test_child({"user"})).starts_with("0 0 0 "));
}

TEST(Confine, root_of_a_small_user_namespace_is_named_as_missing) {
  if (kSanitized) GTEST_SKIP() << "confinement is off in a build with sanitizers";
  ChildSpec spec;
  spec.program = "/usr/bin/unshare";
  spec.arguments = {"--user", "--map-root-user", "/bin/true"};
  if (run_spec(spec).exit_code != 0) GTEST_SKIP() << "no user namespaces on this machine";
  spec.arguments = {"--user", "--map-root-user", PIER_TEST_CHILD, "confined", "layers"};
  EXPECT_NE(output_of(spec).find("missing: unprivileged_user (user 65534 is not mapped"), std::string::npos);
  spec.arguments.back() = "socket";
  EXPECT_EQ(run_spec(spec).signal, SIGSYS);
}

TEST(Confine, report_names_every_layer) {
  const std::string report = output_of(test_child({"confined", "layers"}));
  EXPECT_EQ(report, ConfinementReport{available_layers()}.to_string());
  for (const char* name : {"no_new_privs", "unprivileged_user", "landlock", "system_call_filter"}) {
    EXPECT_NE(report.find(name), std::string::npos) << report;
  }
  if (kSanitized) {
    EXPECT_NE(report.find("missing: "), std::string::npos) << report;
  }
}

TEST(Confine, report_says_what_is_missing) {
  const ConfinementReport report{{{"landlock", false, "not in this kernel"}, {"no_new_privs", true, ""}}};
  EXPECT_FALSE(report.complete());
  EXPECT_EQ(report.to_string(), "no_new_privs; missing: landlock (not in this kernel)");
}

TEST(Confine, a_confined_child_is_still_watched) {
  if (kSanitized) GTEST_SKIP() << "limits are off in a build with sanitizers";
  ChildSpec spec = test_child({"confined", "allocate", "1024", "10000"});
  spec.memory_limit_bytes = 200U << 20U;
  EXPECT_EQ(run_spec(spec).killed_for, KilledFor::kMemory);
  const ChildExit crash = run_child({"confined", "segfault"});
  EXPECT_EQ(crash.signal, SIGSEGV);
}

}  // namespace
}  // namespace pier::sandbox
