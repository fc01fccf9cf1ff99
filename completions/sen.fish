# Completion of sen for fish. What sen answers is data: nothing of it is evaluated, and words that need quotes get them.
function __sen_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (sen __complete --partial="$current" -- $words[2..] 2>/dev/null)
    # Words and descriptions, with a tab between, as fish wants them.
    for line in $lines[2..]
        echo -- $line
    end
    set -l attached (string match -r -- '^--[^=]+=' $current)
    set -l path (string replace -r -- '^--[^=]+=' '' $current)
    switch "$lines[1]"
        case :files
            printf "$attached%s\n" (__fish_complete_path $path)
        case :directories
            printf "$attached%s\n" (__fish_complete_directories $path)
    end
end
complete -c sen -f -a '(__sen_complete)'
