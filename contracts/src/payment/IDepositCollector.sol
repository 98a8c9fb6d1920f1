// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayment} from "./IInferencePayment.sol";

/// @title Another way for tokens to come into a channel than the caller's allowance
/// @notice Anyone may write one. InferencePayment counts what arrived and believes nothing else.
interface IDepositCollector {
    /// @notice Brings exactly `amount` of `config.token` to the caller, which is the payment contract, or
    /// reverts.
    /// @param config The channel that the payer meant to fund.
    /// @param amount Atomic units.
    /// @param data What this collector needs to get the tokens.
    function collect(IInferencePayment.ChannelConfig calldata config, uint128 amount, bytes calldata data)
        external;
}
