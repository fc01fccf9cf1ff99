//! `preview1 CHECK`: checks one behaviour of WASI preview 1, and answers `ok` or what was different.
//!
//! Each check is a subcommand of the manifest, so that those who run them can see what there is. Where hosts differ and
//! are all right, a check takes either answer. It finds three directories: `/data`, empty, to write; `/read` with
//! `file.txt` and `sub/file.txt` in it; `/other`, empty, to write.

mod check;
mod clocks;
mod descriptors;
mod directories;
mod file_contents;
mod files;
mod links;
mod opening;
mod polling;
mod process;
mod read_only;
mod renaming;
mod streams;
mod times;

use check::Check;
use sen_plugin_sdk::prelude::*;

/// Makes the checks callable by name.
macro_rules! checks {
    ($($module:ident: $($check:ident),+;)+) => {
        const CHECKS: &[(&str, fn() -> Check)] = &[$($((stringify!($check), $module::$check)),+),+];
    };
}

checks! {
    process: args_have_sizes_that_fit, environ_has_what_was_granted, environ_has_sizes_that_fit,
        random_get_fills_the_buffer, random_get_of_nothing, sched_yield_comes_back, proc_raise_is_not_supported,
        sock_calls_want_a_socket;
    clocks: clock_res_get_is_less_than_a_second, clock_time_get_realtime_is_now, clock_time_get_monotonic_goes_on,
        clock_of_no_such_id;
    polling: poll_oneoff_waits_for_a_clock, poll_oneoff_of_a_time_that_has_passed, poll_oneoff_of_a_file_is_ready,
        poll_oneoff_tells_the_first, poll_oneoff_of_no_descriptor, poll_oneoff_of_nothing;
    streams: stdin_is_read_to_its_end, stdout_and_stderr_are_written, streams_have_a_status, streams_do_not_seek;
    descriptors: fd_prestat_names_what_was_granted, fd_prestat_of_a_file, fd_prestat_dir_name_wants_room,
        fd_close_closes, fd_close_of_a_grant, calls_of_a_closed_descriptor, fd_renumber_moves, fd_renumber_onto_itself,
        fd_renumber_onto_nothing, fd_fdstat_get_of_a_file, fd_fdstat_get_of_a_directory, fd_fdstat_set_flags_appends,
        fd_fdstat_set_rights_never_widens;
    file_contents: fd_write_then_fd_read, fd_write_gathers_and_fd_read_scatters, fd_read_at_the_end,
        fd_read_of_nothing, fd_read_needs_the_right, fd_write_needs_the_right, fd_read_of_a_directory,
        fd_seek_from_everywhere, fd_seek_before_the_start, fd_seek_beyond_the_end, fd_seek_whence_unknown,
        fd_tell_is_where_fd_seek_went, fd_pread_does_not_move, fd_pwrite_does_not_move, fd_pread_beyond_the_end,
        append_writes_at_the_end, fd_filestat_set_size_shrinks_and_grows, fd_allocate_grows_or_is_not_supported,
        fd_advise_takes_all_advice, fd_advise_unknown, fd_sync_and_fd_datasync;
    files: fd_filestat_get_of_a_file, fd_filestat_get_of_a_directory, path_filestat_get_is_the_same,
        path_filestat_get_of_nothing, path_unlink_file_removes, path_unlink_file_of_a_directory,
        path_unlink_file_of_nothing, an_unlinked_file_is_still_open;
    opening: path_open_of_nothing, path_open_creates, path_open_exclusively, path_open_truncates,
        path_open_wants_a_directory, path_open_of_a_directory_to_write, path_open_creates_no_directory,
        path_open_through_a_file, path_open_with_trailing_slash, path_open_of_no_path, path_open_of_dot,
        path_open_of_a_long_name, path_open_with_nul, path_open_in_a_file, path_open_in_a_directory_opened,
        path_open_within_parents;
    directories: path_create_directory_creates, path_create_directory_that_exists,
        path_create_directory_without_parent, path_remove_directory_removes, path_remove_directory_not_empty,
        path_remove_directory_of_a_file, path_remove_directory_of_nothing, fd_readdir_of_an_empty_directory,
        fd_readdir_has_all, fd_readdir_with_small_buffers, fd_readdir_cuts_the_last, fd_readdir_again_from_the_start,
        fd_readdir_tells_types, fd_readdir_of_a_file;
    links: path_symlink_is_followed, path_symlink_that_exists, path_symlink_loop, path_symlink_not_followed,
        path_symlink_stat, path_symlink_dangling, path_symlink_is_unlinked_itself, path_readlink_tells_the_text,
        path_readlink_cuts_the_text, path_readlink_of_a_file, path_readlink_of_nothing, path_link_is_the_same_file,
        path_link_that_exists, path_link_of_nothing, path_link_of_a_directory;
    renaming: path_rename_moves_a_file, path_rename_replaces_a_file, path_rename_moves_a_directory,
        path_rename_onto_an_empty_directory, path_rename_onto_a_full_directory, path_rename_file_onto_directory,
        path_rename_directory_onto_file, path_rename_of_nothing, path_rename_into_itself,
        path_rename_across_grants;
    times: path_filestat_set_times_sets, fd_filestat_set_times_sets, set_times_one_and_not_the_other,
        set_times_to_now, set_times_twice_the_same, path_filestat_set_times_of_a_link;
    read_only: a_read_grant_is_read, a_read_grant_refuses_changes;
}

struct Preview1;

impl Plugin for Preview1 {
    fn manifest() -> PluginManifest {
        let mut command = CommandSpec::new("preview1", "Checks one behaviour of WASI preview 1");
        for (name, _) in CHECKS {
            command = command.subcommand(CommandSpec::new(*name, ""));
        }
        PluginManifest::new(command).capabilities(
            Capabilities::none()
                .with_fs_read(vec![PathPattern::new("./read").recursive()])
                .with_fs_write(vec![
                    PathPattern::new("./data").recursive(),
                    PathPattern::new("./other").recursive(),
                ])
                .with_env_read(vec!["GRANTED".into(), "GRANTED_*".into()])
                .with_stdio(StdioCapability::all()),
        )
    }

    fn execute(args: Vec<String>) -> ExecuteResult {
        let name = args.first().map(String::as_str);
        // Not a check, for there is nobody left to answer.
        if name == Some("exit") {
            // SAFETY: there are no pointers in it.
            unsafe { wasi::proc_exit(3) };
        }
        match CHECKS.iter().find(|(check, _)| Some(*check) == name) {
            Some((_, check)) => ExecuteResult::success(check().err().unwrap_or("ok".to_owned())),
            None => ExecuteResult::user_error("there is no such check"),
        }
    }
}

export_plugin!(Preview1);
