using System.CommandLine;
using Ncn.Client.Inference;

namespace Ncn.Cli.Using.Wallet;

/// <summary><c>wallet quote</c>: what a question would cost, before anything is paid.</summary>
internal static class QuoteCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "The chat model, such as tiny-chat." };
        var prompt = new Argument<string>("prompt") { Description = "What it would be asked." };
        var most = new Option<int?>("--max-tokens") { Description = "The longest answer, tokens. Default: the gateway's." };
        var command = new Command("quote", "Ask what a question may cost at most and will probably cost. Nothing is paid or run.") { model, prompt, most };
        WalletCommand.Run(command, async (parsed, session, cancellation) =>
        {
            var gateway = await RunningNetwork.GatewayOfAsync(session.State, parsed.GetValue(model)!, cancellation);
            var quote = await session.ClientOf(gateway).QuoteAsync(
                ChatRequest.Ask(parsed.GetValue(model)!, parsed.GetValue(prompt)!) with { MaxTokens = parsed.GetValue(most) }, cancellation);
            Console.WriteLine($"at most {Dollars.Of(quote.Ceiling)}, expected {Dollars.Of(quote.Expected)} ({quote.MeasuredRequests} requests measured), good until {quote.ExpiresAt:u}");
        });
        return command;
    }
}
