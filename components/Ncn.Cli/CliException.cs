namespace Ncn.Cli;

/// <summary>Something that the user can understand and mend; its message is all that is printed.</summary>
internal sealed class CliException(string message) : Exception(message);
