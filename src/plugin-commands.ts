/**
 * The commands that are known when a program is written, by name, with the words that each takes.
 * Empty, so that every name and every word is allowed, until the file that `sen types` writes for
 * the plugins of a directory adds them by declaration merging. From then on a literal that is no
 * command, option or known value is a type error in `execute` and `executeSync`, and editors
 * complete those that are. What is only known to be a `string` stays allowed.
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be merged with.
export interface PluginCommands {}

/** What an entry of `PluginCommands` says of a command. What is absent is not checked. */
export interface PluginCommandWords {
  /** The values of arguments, all of them together: `string` where one may be anything. */
  readonly arguments?: string
  /** The value of each option, by its flag: `unknown` where it may have none. */
  readonly options?: Readonly<Record<string, unknown>>
  readonly subcommands?: Readonly<Record<string, PluginCommandWords>>
}

/** A command's name as it may be given: a literal has to be one that is known. */
export type CheckedName<Name extends string> = [keyof PluginCommands] extends [never]
  ? string
  : string extends Name
    ? Name
    : Name extends keyof PluginCommands
      ? Name
      : keyof PluginCommands

/** A word that a command may be given, the known ones by name, for editors to complete. */
export type KnownWord<Name extends string> = Name extends keyof PluginCommands
  ? WordOf<Path<PluginCommands[Name], string>> | (string & {})
  : string

/**
 * Words as a command may be given them: each the word itself, or what it would have to be. Anything
 * goes for a list whose length is not known, and where `--` says that words are not options.
 */
export type CheckedWords<
  Name extends string,
  Words extends readonly string[],
> = Name extends keyof PluginCommands
  ? number extends Words['length']
    ? Words
    : '--' extends Words[number]
      ? Words
      : {
          readonly [Index in keyof Words]: Offered<
            Path<PluginCommands[Name], Words[number]>,
            Words[Index],
            // The word before: the same index in a list that begins with one more.
            ['', ...Words][Index & keyof ['', ...Words]]
          >
        }
  : Words

/**
 * A word that is wrong is what it would have to be. In place of one that is right stands all that might be there: an
 * editor completes a word by this type, and takes what is typed so far for a word.
 */
type Offered<Spec, Word, Previous> = [Word] extends [CheckedWord<Spec, Word, Previous>]
  ?
      | ([Previous] extends [FlagOf<Spec>] ? Literal<ValueOf<Spec, Previous>> : NextOf<Spec> & string)
      | (string & {})
  : CheckedWord<Spec, Word, Previous>

type CheckedWord<Spec, Word, Previous> = string extends Word
  ? Word
  : [Previous] extends [FlagOf<Spec>]
    ? CheckedValue<ValueOf<Spec, Previous>, Word>
    : Word extends `${infer Flag extends FlagOf<Spec>}=${infer Value}`
      ? Attached<Flag, CheckedValue<ValueOf<Spec, Flag>, Value>>
      : Word extends '--help' | `--help=${string}`
        ? Word
        : Word extends `--${string}`
          ? OneOf<Word, FlagOf<Spec>>
          : // Several short options in one, or a negative number.
            Word extends `-${string}`
            ? Word
            : OneOf<Word, OperandOf<Spec>>

type CheckedValue<Value, Word> = unknown extends Value ? Word : OneOf<Word, Value>

type Attached<Flag extends string, Value> = Value extends string ? `${Flag}=${Value}` : never

/** The word where it is one of those allowed, otherwise what is; where nothing is known, the word. */
type OneOf<Word, Allowed> = [Allowed] extends [never] ? Word : Word extends Allowed ? Word : Allowed & string

/** A command and those of its subcommands, three levels deep, that are among the words. */
type Path<Spec, Word> =
  | Spec
  | Picked<Spec, Word>
  | Picked<Picked<Spec, Word>, Word>
  | Picked<Picked<Picked<Spec, Word>, Word>, Word>

type Picked<Spec, Word> = Spec extends { readonly subcommands: infer Commands }
  ? Commands[keyof Commands & Word]
  : never

type FlagOf<Spec> = Spec extends { readonly options: infer Options } ? keyof Options & string : never

type ValueOf<Spec, Flag> = Spec extends { readonly options: infer Options }
  ? Flag extends keyof Options
    ? Options[Flag]
    : never
  : never

/** What may stand where no option waits for its value. */
type OperandOf<Spec> = ArgumentOf<Spec> | SubcommandOf<Spec>

type ArgumentOf<Spec> = Spec extends { readonly arguments: infer Value } ? Value : never

type SubcommandOf<Spec> = Spec extends { readonly subcommands: infer Commands }
  ? keyof Commands & string
  : never

/** What a command says itself of the words that it may be given. */
type WordOf<Spec> = NextOf<Spec> | Literal<ValueOf<Spec, FlagOf<Spec>>>

type NextOf<Spec> = FlagOf<Spec> | SubcommandOf<Spec> | Literal<ArgumentOf<Spec>>

/** Texts without `string`, which would swallow all others in a union, and leave nothing to complete. */
type Literal<Text> = Text extends string ? (string extends Text ? never : Text) : never
