"""A thin layer over the AWS SDK: clients, stacks, change sets, queues, logs."""
