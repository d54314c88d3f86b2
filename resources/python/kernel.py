"""What the Linux kernel offers a process to lock itself in: namespaces, Landlock, seccomp, rlimits.

Standard library only, since the supervisor imports it inside the isolation. Every function says by its result
whether the mechanism took effect; none raises, because machines differ and the caller decides what is enough.
Sources: landlock(7), seccomp(2), user_namespaces(7), capabilities(7), linux/filter.h.
"""

import ctypes
import errno
import mmap
import os
import platform
import resource
import struct
import sys
from collections.abc import Sequence

from resources.python.syscalls import numbers

LINUX = sys.platform == "linux"

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38

_CLONE_NEWNS = 0x00020000
_CLONE_NEWUTS = 0x04000000
_CLONE_NEWIPC = 0x08000000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_CLONE_NEWNET = 0x40000000
_CLONE_THREAD = 0x00010000

_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8


def _prctl(option: int, value: int = 0) -> bool:
    if not LINUX:
        return False
    unsigned = ctypes.c_ulong
    return int(_libc.prctl(option, unsigned(value), unsigned(0), unsigned(0), unsigned(0))) == 0


def die_with_parent(signal_number: int) -> None:
    """Have the kernel send `signal_number` to this process when its parent dies."""
    _prctl(_PR_SET_PDEATHSIG, signal_number)


def adopt_orphans() -> bool:
    """Become the parent of descendants whose parent dies, so that none escapes being killed."""
    return _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> bool:
    """Refuse ptrace, core dumps and `/proc/<pid>/mem` to other processes of the same user."""
    return _prctl(_PR_SET_DUMPABLE, 0)


def drop_privileges() -> bool:
    """Give up every capability, and the way to gain any by executing a file."""
    if not LINUX:
        return False
    done = _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    for capability in range(64):
        if not _prctl(_PR_CAPBSET_DROP, capability):
            break
    header = struct.pack("Ii", 0x20080522, 0)
    return bool(_libc.capset(header, bytes(24)) == 0) and done


# Namespaces


def enter_namespaces(scratch: str, scratch_bytes: int) -> list[str]:
    """Move this process into namespaces of its own; call it before any thread exists.

    The process that returns is a child (the first one of its own process namespace where that works); the
    original process waits for it and ends as it ended.

    Returns:
        The namespaces entered; empty where the kernel allows none.
    """
    if not LINUX:
        return []
    user, group = os.geteuid(), os.getegid()
    full = _CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWNS | _CLONE_NEWIPC | _CLONE_NEWUTS | _CLONE_NEWPID
    entered = ["user_namespace", "network_namespace"]
    if _libc.unshare(full) == 0:
        entered += ["mount_namespace", "ipc_namespace", "pid_namespace"]
    elif _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return []
    try:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"65534 {user} 1")
        _write("/proc/self/gid_map", f"65534 {group} 1")
    except OSError:
        return []
    if "mount_namespace" in entered:
        flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
        options = f"size={scratch_bytes},nr_inodes=4096,mode=700".encode()
        if _libc.mount(b"tmpfs", scratch.encode(), b"tmpfs", flags, options) == 0:
            entered.append("scratch_tmpfs")
    child = os.fork()
    if child:
        os.closerange(3, 256)  # the pool must see the end of the channel when the child ends
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    return entered


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


# Landlock

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_WRITE_FILE, _TRUNCATE, _IOCTL_DEV = 1 << 1, 1 << 14, 1 << 15
_FILE_RIGHTS = (1 << 0) | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV


def landlock(read: Sequence[str], write: Sequence[str], devices: Sequence[str]) -> int:
    """Allow files only below `read` (reading), `write` (everything but execution) and `devices` (both ways).

    Where the kernel can, TCP and signals to processes outside are refused, too. Paths that do not exist
    are skipped.

    Returns:
        The Landlock version in force, 0 where there is none.
    """
    if not LINUX:
        return 0
    version = int(_libc.syscall(444, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))
    if version < 1:
        return 0
    handled = (1 << 13) - 1
    if version >= 2:
        handled |= 1 << 13
    if version >= 3:
        handled |= _TRUNCATE
    if version >= 5:
        handled |= _IOCTL_DEV
    network = 0b11 if version >= 4 else 0
    scoped = 0b11 if version >= 6 else 0
    attributes = struct.pack("QQQ", handled, network, scoped)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = int(_libc.syscall(444, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0)))
    if ruleset < 0:
        return 0
    try:
        rules = [(path, _READ_FILE | _READ_DIR) for path in read]
        rules += [(path, handled & ~1) for path in write]
        rules += [(path, _READ_FILE | _WRITE_FILE) for path in devices]
        for path, rights in rules:
            _allow(ruleset, path, rights & handled)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        done = _libc.syscall(446, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0
    finally:
        os.close(ruleset)
    return version if done else 0


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _FILE_RIGHTS
        rule = struct.pack("=Qi", rights, place)
        _libc.syscall(445, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    finally:
        os.close(place)


# seccomp

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ALLOW = 0x7FFF0000
_KILL_PROCESS = 0x80000000
_ERRNO = 0x00050000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

ALWAYS_REFUSED = (
    "execve", "execveat", "socket", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp",
    "mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "mount_setattr", "move_mount",
    "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "keyctl", "add_key", "request_key", "bpf",
    "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon",
    "swapoff", "name_to_handle_at", "open_by_handle_at", "pidfd_open", "pidfd_send_signal", "pidfd_getfd",
    "memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "msgget", "msgsnd", "semget", "mq_open",
    "personality", "quotactl", "acct", "syslog", "settimeofday", "clock_settime", "adjtimex",
    "clock_adjtime", "sethostname", "setdomainname", "ioperm", "iopl", "modify_ldt", "vhangup",
    "fanotify_init", "lookup_dcookie", "process_madvise", "migrate_pages", "move_pages", "setuid",
    "setgid", "setgroups", "setresuid", "setresgid", "setreuid", "setregid",
)  # fmt: skip
"""No function of a catalog needs these, and the supervisor does not either."""

FILE_CHANGES = (
    "openat2", "creat", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir",
    "symlink", "symlinkat", "link", "linkat", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown",
    "fchown", "lchown", "fchownat", "truncate", "ftruncate", "mknod", "mknodat", "setxattr", "lsetxattr",
    "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "utime", "utimes", "utimensat",
    "futimesat", "fallocate",
)  # fmt: skip
"""Refused, with opening for writing, where neither bubblewrap nor Landlock keeps files safe."""

EXECUTOR_REFUSED = ("fork", "vfork", "setsid", "setpgid", "setrlimit", "setpriority", "ioprio_set",
                    "sched_setaffinity")  # fmt: skip


class Filter:
    """A seccomp program under construction: what it does not refuse is allowed."""

    def __init__(self, call_numbers: dict[str, int]) -> None:
        """Start a program for this machine's call numbers."""
        self._numbers = call_numbers
        self._code = [
            struct.pack("HBBI", _LOAD, 0, 0, 4),
            struct.pack("HBBI", _EQUAL, 1, 0, _AUDIT_ARCH[platform.machine()]),
            struct.pack("HBBI", _RETURN, 0, 0, _KILL_PROCESS),
            struct.pack("HBBI", _LOAD, 0, 0, 0),
        ]
        if platform.machine() == "x86_64":  # the x32 numbers are a second door to the same calls
            self._code += [struct.pack("HBBI", _AT_LEAST, 0, 1, 0x40000000), self._refusal(errno.ENOSYS)]

    @staticmethod
    def _refusal(code: int) -> bytes:
        return struct.pack("HBBI", _RETURN, 0, 0, _ERRNO | code)

    def refuse(self, *names: str, code: int = errno.EPERM) -> None:
        """Refuse calls whatever their arguments."""
        for name in names:
            if name in self._numbers:
                self._code += [struct.pack("HBBI", _EQUAL, 0, 1, self._numbers[name]), self._refusal(code)]

    def refuse_unless_equal(self, name: str, argument: int, value: int) -> None:
        """Refuse a call unless the low half of an argument has a value."""
        self._refuse_on(name, argument, struct.pack("HBBI", _EQUAL, 1, 0, value & 0xFFFFFFFF))

    def refuse_any_bit(self, name: str, argument: int, bits: int) -> None:
        """Refuse a call when any of the bits is set in an argument."""
        self._refuse_on(name, argument, struct.pack("HBBI", _ANY_BIT, 0, 1, bits))

    def refuse_without_bit(self, name: str, argument: int, bit: int) -> None:
        """Refuse a call when the bit is not set in an argument."""
        self._refuse_on(name, argument, struct.pack("HBBI", _ANY_BIT, 1, 0, bit))

    def _refuse_on(self, name: str, argument: int, test: bytes) -> None:
        if name in self._numbers:
            self._code += [
                struct.pack("HBBI", _EQUAL, 0, 4, self._numbers[name]),
                struct.pack("HBBI", _LOAD, 0, 0, 16 + 8 * argument),
                test,
                self._refusal(errno.EPERM),
                struct.pack("HBBI", _RETURN, 0, 0, _ALLOW),
            ]

    def install(self) -> bool:
        """Put the program in force for this process and everything it will fork; there is no way back."""
        code = b"".join([*self._code, struct.pack("HBBI", _RETURN, 0, 0, _ALLOW)])
        text = ctypes.create_string_buffer(code, len(code))
        program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(text))
        if not _prctl(_PR_SET_NO_NEW_PRIVS, 1):
            return False
        unsigned = ctypes.c_ulong
        done = _libc.prctl(_PR_SET_SECCOMP, unsigned(2), program, unsigned(0), unsigned(0))
        return int(done) == 0


def seccomp_supervisor(refuse_file_changes: bool) -> bool:
    """Refuse execution, sockets, debugging, mounts and the like to this process and its descendants."""
    known = numbers() if LINUX else None
    if known is None:
        return False
    program = Filter(known)
    program.refuse(*ALWAYS_REFUSED)
    if refuse_file_changes:
        writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
        program.refuse(*FILE_CHANGES)
        program.refuse_any_bit("open", 1, writing)
        program.refuse_any_bit("openat", 2, writing)
    return program.install()


def seccomp_executor() -> bool:
    """Refuse this process new processes, signals to others and higher limits. Threads stay allowed."""
    known = numbers() if LINUX else None
    if known is None:
        return False
    program = Filter(known)
    own = os.getpid()
    program.refuse("clone3", code=errno.ENOSYS)  # its flags are behind a pointer; libc falls back to clone
    program.refuse(*EXECUTOR_REFUSED)
    program.refuse_without_bit("clone", 0, _CLONE_THREAD)
    for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
        program.refuse_unless_equal(name, 0, own)
    program.refuse("tkill")
    program.refuse_unless_equal("prlimit64", 2, 0)
    return program.install()


# rlimits


def address_space_in_use() -> int:
    """Bytes of address space this process has mapped, found without /proc (which the isolation hides).

    A lower RLIMIT_AS than the space in use is accepted by the kernel and makes the next mapping fail, so
    bisecting the limit finds the use.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, (1 << 47) if hard == resource.RLIM_INFINITY else hard
    try:
        while high - low > 1 << 20:
            middle = (low + high) // 2
            resource.setrlimit(resource.RLIMIT_AS, (middle, hard))
            try:
                mmap.mmap(-1, 4096).close()
            except OSError:
                low = middle
            else:
                high = middle
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    return high


def limit(kind: int, value: int) -> None:
    """Lower a resource limit for good; a lower one in force stays."""
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
