# Completion of sen for PowerShell. What sen answers is data: nothing of it is evaluated, and words that need quotes get them.
Register-ArgumentCompleter -Native -CommandName sen -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
    # A quote that is open comes with the word.
    $partial = $wordToComplete -replace '^["''\u2018-\u201f]'
    # Where nothing is answered, PowerShell completes paths by itself.
    & sen __complete "--partial=$partial" -- @words 2>$null | Select-Object -Skip 1 | Where-Object { $_ -match '^[^\t]' } | ForEach-Object {
        $word, $about = $_ -split "`t", 2
        # PowerShell takes all of these quotes for one another, and -a.b apart.
        $text = if ($word -match '^(?!-[a-z]*[.:])[a-z0-9_\-./=:]+$') { $word } else { "'" + ($word -replace '[''\u2018-\u201b]', '$0$0') + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $word, 'ParameterValue', $(if ($about) { $about } else { $word }))
    }
}
