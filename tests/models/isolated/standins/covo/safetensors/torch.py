def load_file(path):
    with open(path) as file:
        return dict.fromkeys(file.read().split())
