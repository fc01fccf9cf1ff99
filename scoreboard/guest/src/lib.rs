//! `escape ATTEMPT`: tries one way out of what was granted, and reports what came of it.
//!
//! Each attempt is a function without arguments that is exported under its own name, for hosts that do not speak the
//! plugin protocol: it then writes its report to standard output. What counts as an escape is decided outside, by what
//! is in the report and by what has changed. Only where nothing can be seen there, the report starts with `ESCAPED`.

mod call;
mod descriptors;
mod environment;
mod links;
mod parents;
mod races;
mod read_only;
mod resources;
mod shallow;
mod sockets;
mod swaps;
mod system;

use sen_plugin_sdk::prelude::*;

/// Makes the attempts callable: by name through the plugin protocol, and as exports.
macro_rules! attempts {
    ($($module:ident: $($attempt:ident),+;)+) => {
        fn attempt(name: &str) -> Option<fn() -> String> {
            match name {
                $($(stringify!($attempt) => Some($module::$attempt),)+)+
                _ => None,
            }
        }

        mod exports {
            $($(
                #[unsafe(no_mangle)]
                extern "C" fn $attempt() -> i32 {
                    println!("{}", super::$module::$attempt());
                    0
                }
            )+)+
        }
    };
}

attempts! {
    call: control;
    links: link_absolute, link_relative, link_to_directory, link_in_the_middle, link_chain, link_to_root,
        link_with_trailing_slash, link_as_directory, link_not_followed, link_stat, link_dangling_create,
        link_dangling_create_new, link_write, link_truncate, link_set_times, link_create_through, link_mkdir_through,
        link_rmdir_through, link_unlink_through, link_symlink_through, link_rename_through, link_rename_from,
        link_hard_link_followed, link_hard_link_through, link_readlink_through, own_link_absolute, own_link_relative,
        own_link_to_directory, own_link_chain, own_link_moved, own_link_across_grants, own_link_create;
    parents: parent_at_start, parent_in_the_middle, parent_at_end, parent_alone, parent_hidden, parent_after_file,
        parent_after_missing, parent_from_descriptor, parent_climb, parent_stat, parent_create, parent_mkdir,
        parent_rmdir, parent_unlink, parent_symlink, parent_rename_out, parent_rename_in, parent_hard_link_in,
        parent_hard_link_out, parent_set_times, absolute_path, absolute_proc, nul_in_path, path_not_utf8,
        path_of_a_megabyte;
    swaps: swapped_for_link, swapped_for_directory, swapped_subdirectory;
    races: race_file, race_directory, race_create, race_moved_out;
    read_only: read_grant_write, read_grant_truncate, read_grant_create, read_grant_create_directory,
        read_grant_append, read_grant_pwrite, read_grant_set_size, read_grant_allocate, read_grant_set_times,
        read_grant_path_set_times, read_grant_unlink, read_grant_mkdir, read_grant_rmdir, read_grant_rename,
        read_grant_rename_out, read_grant_rename_in, read_grant_hard_link_in, read_grant_hard_link_out,
        read_grant_symlink, read_grant_renumber, read_grant_widened, read_grant_inherited;
    shallow: shallow_entry, shallow_descriptor, shallow_list, shallow_spelling, shallow_link, shallow_stat,
        shallow_create, shallow_mkdir, shallow_unlink, shallow_rename_in, shallow_rename_out, shallow_hard_link_out,
        shallow_renumber;
    system: proc_root, proc_environ, proc_cmdline, proc_cwd, proc_fd, proc_mem, dev_fd, dev_zero, device, fifo_read,
        fifo_write;
    descriptors: descriptors_of_the_host, descriptor_numbers, descriptor_renumbered, descriptors_without_end;
    sockets: socket_of_the_host;
    environment: environment, arguments;
    resources: random_two_gib, random_forever, sleep_an_hour, stdin_forever, pointers_beyond_memory,
        lengths_beyond_memory, exit_process, raise_signals;
}

struct Escape;

impl Plugin for Escape {
    fn manifest() -> PluginManifest {
        let directory = |name: &str| PathPattern::new(format!("./{name}"));
        PluginManifest::new(
            CommandSpec::new("escape", "Tries one way out of what was granted")
                .arg(ArgSpec::positional("attempt").required().help("Which way")),
        )
        .capabilities(
            Capabilities::none()
                .with_fs_read(vec![directory("read").recursive(), directory("flat")])
                .with_fs_write(vec![
                    directory("write").recursive(),
                    directory("other").recursive(),
                    directory("flat-write"),
                ])
                .with_env_read(vec!["GRANTED".into(), "GRANTED_*".into()])
                .with_stdio(StdioCapability::stdout_stderr()),
        )
    }

    fn execute(args: Vec<String>) -> ExecuteResult {
        match args.first().and_then(|name| attempt(name)) {
            Some(attempt) => ExecuteResult::success(attempt()),
            None => ExecuteResult::user_error("there is no such attempt"),
        }
    }
}

export_plugin!(Escape);
