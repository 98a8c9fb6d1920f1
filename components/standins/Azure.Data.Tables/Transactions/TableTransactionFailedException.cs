using System.Globalization;
using System.Text.RegularExpressions;

namespace Azure.Data.Tables;

/// <summary>A transaction that the service refused as a whole.</summary>
public partial class TableTransactionFailedException : RequestFailedException
{
    public TableTransactionFailedException(RequestFailedException requestFailedException)
        : base(requestFailedException.Status, requestFailedException.Message, requestFailedException.ErrorCode, requestFailedException.InnerException)
    {
        // The service begins its message with the position: "1:The update condition …".
        FailedTransactionActionIndex = Position().Match(requestFailedException.Message) is { Success: true } match
            ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : null;
    }

    /// <summary>The position of the action that was refused, counted from zero; null when the service does not say.</summary>
    public int? FailedTransactionActionIndex { get; }

    [GeneratedRegex(@"^(\d{1,3}):")]
    private static partial Regex Position();
}
