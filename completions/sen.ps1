# Completion of sen for PowerShell. What sen answers is data: nothing of it is evaluated, and words that need quotes get them.
Register-ArgumentCompleter -Native -CommandName sen -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
    # Where nothing is answered, PowerShell completes paths by itself.
    & sen __complete "--partial=$wordToComplete" -- @words 2>$null | Select-Object -Skip 1 | ForEach-Object {
        $word, $about = $_ -split "`t", 2
        $text = if ($word -match '^[\w\-./=:]+$') { $word } else { "'" + ($word -replace "'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $word, 'ParameterValue', $(if ($about) { $about } else { $word }))
    }
}
