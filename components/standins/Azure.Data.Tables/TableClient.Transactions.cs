using Azure.Core;

namespace Azure.Data.Tables;

public partial class TableClient
{
    private const int MostActions = 100;

    /// <summary>Carries out all actions or none. They are at most 100, of one partition and of different entities.</summary>
    /// <exception cref="TableTransactionFailedException">The service refused one of them; the exception names which.</exception>
    public virtual async Task<Response<IReadOnlyList<Response>>> SubmitTransactionAsync(
        IEnumerable<TableTransactionAction> transactionActions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transactionActions);
        var actions = transactionActions.ToArray();
        if (actions.Length is 0 or > MostActions)
        {
            throw new InvalidOperationException($"A transaction has 1 to {MostActions} actions; this one has {actions.Length}.");
        }

        var batch = new BatchRequest();
        foreach (var action in actions)
        {
            batch.Add(ToPart(action));
        }

        var message = channel.Create(RequestMethod.Post, "$batch", batch.Finish());
        message.Request.Headers.SetValue("Content-Type", batch.ContentType);
        var response = await channel.SendAsync(message, null, cancellationToken).ConfigureAwait(false);
        var answers = BatchAnswer.Read(response);
        if (answers.FirstOrDefault(answer => answer.Status >= 300) is { } refused)
        {
            throw new TableTransactionFailedException(new RequestFailedException(refused, null, TableErrors.Instance));
        }

        return Response.FromValue<IReadOnlyList<Response>>(answers, response);
    }

    private BatchPart ToPart(TableTransactionAction action)
    {
        var entity = action.Entity;
        var address = channel.Address(EntityPath(entity.PartitionKey, entity.RowKey));
        var tag = action.ETag == default ? ETag.All : action.ETag;
        return action.ActionType switch
        {
            TableTransactionActionType.Add => new BatchPart("POST", channel.Address(Name), null, EntityJson.Write(entity)),
            TableTransactionActionType.UpdateMerge => new BatchPart("PATCH", address, tag, EntityJson.Write(entity)),
            TableTransactionActionType.UpdateReplace => new BatchPart("PUT", address, tag, EntityJson.Write(entity)),
            TableTransactionActionType.Delete => new BatchPart("DELETE", address, tag, null),
            TableTransactionActionType.UpsertMerge => new BatchPart("PATCH", address, null, EntityJson.Write(entity)),
            TableTransactionActionType.UpsertReplace => new BatchPart("PUT", address, null, EntityJson.Write(entity)),
            _ => throw new ArgumentOutOfRangeException(nameof(action)),
        };
    }
}
